import * as contract from '@atrium/contracts/assets/tus-http.ts'
import { laterOf } from '@atrium/platform/decider/point.ts'
import { announcesBody } from '@atrium/platform/http/body-stream.ts'
import type { Answer, Exchange } from '@atrium/platform/http/exchange.ts'
import { malformedHeader } from '@atrium/platform/http/request-headers.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import type { IncomingHttpHeaders } from 'node:http'
import { parseChecksum } from '../resumable/checksum.ts'
import { parseMetadata } from '../resumable/metadata.ts'
import type { Piece } from '../resumable/receive-piece.ts'
import {
  createUpload,
  progressOf,
  receive,
  terminate,
  type Progress,
  type ResumableDeps,
} from '../resumable/resumable-uploads.ts'

type Receiving = Exchange<typeof contract.createUpload> | Exchange<typeof contract.sendUploadPiece>

export function mountResumableUploads(app: FastifyInstance, deps: ResumableDeps) {
  mount(app, contract.describeUploads, async () => ({
    status: 204,
    headers: {
      'tus-version': contract.tusVersion,
      'tus-extension': contract.tusExtensions.join(','),
      'tus-max-size': String(deps.rules.fileBytesMax),
      'tus-checksum-algorithm': contract.tusChecksumAlgorithms.join(','),
    },
  }))

  mount(app, contract.createUpload, (exchange) => create(deps, exchange))

  mount(app, contract.getUploadOffset, async ({ caller, cause, headers, params }) => {
    demandVersion(headers)
    const asking = { ownerId: caller.userId, cause }
    const progress = await progressOf(deps, asking, params.uploadId)
    const { sizeBytes, metadata } = progress.session
    return {
      status: 200,
      headers: {
        ...progressHeaders(progress),
        'upload-length': String(sizeBytes),
        ...(metadata === undefined ? {} : { 'upload-metadata': metadata }),
      },
      written: progress.written,
    }
  })

  mount(app, contract.sendUploadPiece, async (exchange) => {
    const { caller, cause, headers, params, signal } = exchange
    demandVersion(headers)
    const offsetBytes = bytesIn(headers, 'upload-offset')
    const asking = { ownerId: caller.userId, cause }
    const piece = pieceOf(exchange, offsetBytes)
    const progress = await receive(deps, asking, { uploadId: params.uploadId, piece, signal })
    return { status: 204, headers: progressHeaders(progress), written: progress.written }
  })

  mount(app, contract.terminateUpload, async ({ caller, cause, headers, params }) => {
    demandVersion(headers)
    const asking = { ownerId: caller.userId, cause }
    return { status: 204, written: await terminate(deps, asking, params.uploadId) }
  })
}

async function create(
  deps: ResumableDeps,
  exchange: Exchange<typeof contract.createUpload>,
): Promise<Answer> {
  const { caller, cause, headers, newId, at, signal } = exchange
  demandVersion(headers)
  if (headers['upload-defer-length'] !== undefined) {
    throw malformedHeader('upload-defer-length', 'is not spoken: the length comes first')
  }
  const metadataText = textIn(headers, 'upload-metadata')
  const uploadId = newId('ast')
  const asking = { ownerId: caller.userId, cause }
  const sizeBytes = bytesIn(headers, 'upload-length')
  const metadata = parseMetadata(metadataText)
  const piece = pieceOf(exchange, 0)
  const created = await createUpload(deps, asking, {
    uploadId,
    reservationId: newId('rsv'),
    sizeBytes,
    metadata,
    metadataText,
    at,
  })
  // Of an empty file nothing is still to come.
  const isBegun = announcesBody({ headers }) || sizeBytes === 0
  const progress = isBegun ? await receive(deps, asking, { uploadId, piece, signal }) : created
  return {
    status: 201,
    headers: { ...progressHeaders(progress), location: `/v1/assets/uploads/${uploadId}` },
    written: laterOf(created.written, progress.written),
  }
}

/** Throws Rejection `tus-version-not-supported`, and with it which one is. */
function demandVersion(headers: IncomingHttpHeaders): void {
  const { tusVersion } = contract
  if (headers['tus-resumable'] !== tusVersion) {
    throw new Rejection('tus-version-not-supported', { tusVersion })
  }
}

function pieceOf({ headers, bodyStream }: Receiving, offsetBytes: number): Piece {
  const announced = headers['content-length']
  const isOpen = headers['transfer-encoding'] !== undefined
  return {
    offsetBytes,
    source: bodyStream as AsyncIterable<Uint8Array>,
    lengthBytes: isOpen ? undefined : Number(announced ?? 0),
    checksum: parseChecksum(textIn(headers, 'upload-checksum')),
  }
}

function textIn(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

function bytesIn(headers: IncomingHttpHeaders, name: string): number {
  const text = textIn(headers, name) ?? ''
  if (!/^\d{1,15}$/.test(text)) throw malformedHeader(name, 'must be a number of bytes')
  return Number(text)
}

function progressHeaders({ session, offsetBytes, isFinished }: Progress) {
  return {
    'upload-offset': String(offsetBytes),
    ...(isFinished ? {} : { 'upload-expires': new Date(session.expiresAt).toUTCString() }),
  }
}
