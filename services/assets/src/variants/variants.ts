import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { VariantQuery } from '@atrium/contracts/assets/variant.ts'
import { blobKey, BlobMissing, type ByteRange } from '@atrium/platform/blobs/port.ts'
import { partOf, type Cause } from '@atrium/platform/decider/cause.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { Logger } from '@atrium/platform/telemetry/logger.ts'
import { isImageMediaType, imageMediaTypes } from '../images/image-type.ts'
import { resolveVariant, variantName, type Variant } from '../images/variant.ts'
import type { ImageWorkshop, RenderedImage } from '../images/workshop.ts'
import { dropVariants } from '../let-go-of-blob.ts'
import { keepVariant, tagOf, type KeepVariantDeps } from './keep-variant.ts'
import { createOwnerTurns } from './owner-turns.ts'

export interface VariantsDeps extends KeepVariantDeps {
  readonly workshop: Pick<ImageWorkshop, 'render'>
  readonly logger: Logger
}

/** The bytes that a picture is made from, and whose they are. */
export interface VariantSource {
  readonly tenant: string
  readonly ownerId: string
  readonly sha256: string
  readonly mediaType: string
}

export interface DerivedPicture {
  readonly tag: string
  readonly sizeBytes: number
  readonly mediaType: string
  /** It was made just now, which took its time. */
  readonly isFresh: boolean
  /** Throws BlobMissing where the blob store has lost it: it is made anew when asked for again. */
  open(range: ByteRange, signal: AbortSignal): Promise<Readable>
}

export interface Variants {
  /**
   * The picture that a query means, kept or made now. Throws Rejection `media-type-not-allowed` for
   * what is no picture, `validation-failed`, `image-invalid`, `unavailable` where too many wait;
   * BlobMissing where the source has moved meanwhile.
   */
  find(source: VariantSource, query: VariantQuery, cause: Cause): Promise<DerivedPicture>
}

/** Raised when the same parameters give other bytes than before: what was kept is not found. */
const rendering = 'r1'

export function createVariants(deps: VariantsDeps): Variants {
  const { blobAggregates, blobs, workshop, logger } = deps
  const inOwnersTurn = createOwnerTurns()
  /** Whoever asks for what is being made gets the same. */
  const underWay = new Map<string, Promise<DerivedPicture>>()

  async function find(source: VariantSource, query: VariantQuery, cause: Cause) {
    const { tenant, sha256, mediaType } = source
    if (!isImageMediaType(mediaType)) {
      const detail = 'only of a picture another can be made'
      throw new Rejection('media-type-not-allowed', { detail, mediaType, allowed: imageMediaTypes })
    }
    const variant = resolveVariant(query, mediaType)
    const name = `${rendering}-${variantName(variant)}`
    const { state } = await blobAggregates.load(tenant, sha256)
    const { current } = state
    if (!current) throw new BlobMissing(blobKey(tenant, sha256))
    const kept = current.variants.get(name)
    if (kept) return keptPicture(source, kept, cause)
    const flight = `${current.key} ${name}`
    const made = underWay.get(flight) ?? begin(flight, source, { name, variant, ...current }, cause)
    return await made
  }

  function begin(flight: string, source: VariantSource, wanted: Wanted, cause: Cause) {
    const owner = `${source.tenant} ${source.ownerId}`
    const made = inOwnersTurn(owner, () => make(source, wanted, cause)).finally(() => {
      underWay.delete(flight)
    })
    underWay.set(flight, made)
    return made
  }

  async function make({ tenant, ownerId, sha256 }: VariantSource, wanted: Wanted, cause: Cause) {
    const source = async () => await buffer((await blobs.read(blobKey(wanted.key))).stream)
    const made = await workshop.render(source, wanted.variant)
    const of = { tenant, ownerId, sha256, madeFrom: wanted.key, variant: wanted.name }
    try {
      await keepVariant(deps, of, made, { ...partOf(cause, wanted.name), tenant })
    } catch (error) {
      logger.warn({ err: error }, 'a derived picture was not kept; the next who asks has it made')
    }
    return freshPicture(made)
  }

  function keptPicture(source: VariantSource, kept: Kept, cause: Cause): DerivedPicture {
    const { key, tag, sizeBytes, mediaType } = kept
    return {
      tag,
      sizeBytes,
      mediaType,
      isFresh: false,
      async open(range, signal) {
        try {
          return (await blobs.read(blobKey(key), { range, signal })).stream
        } catch (error) {
          if (!(error instanceof BlobMissing)) throw error
          const { tenant, sha256 } = source
          const dropped = { sha256, keys: [key], reason: 'lost' } as const
          await dropVariants(deps, dropped, { ...partOf(cause, `lost ${key}`), tenant })
          throw error
        }
      },
    }
  }

  return { find }
}

interface Wanted {
  readonly name: string
  readonly variant: Variant
  /** Of the source. */
  readonly key: string
}

interface Kept {
  readonly key: string
  readonly tag: string
  readonly sizeBytes: number
  readonly mediaType: string
}

const freshPicture = (made: RenderedImage): DerivedPicture => ({
  tag: tagOf(made),
  sizeBytes: made.bytes.length,
  mediaType: made.mediaType,
  isFresh: true,
  open: ({ start, end }) => Promise.resolve(Readable.from([made.bytes.subarray(start, end)])),
})
