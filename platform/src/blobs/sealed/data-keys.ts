import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { BlobDamaged, type BlobKey, blobKey, BlobMissing, type BlobStore } from '../port.ts'
import { writeBlob } from '../write-blob.ts'
import type { MasterKey } from './master-key.ts'

/** What a tenant's blobs are sealed with. */
export interface DataKey {
  /** 32 hexadecimal digits. */
  readonly id: string
  readonly key: Buffer
}

export interface DataKeys {
  /** The one that new blobs of a tenant are sealed with; made when it is first needed. */
  current(tenant: string): Promise<DataKey>
  /** Throws BlobDamaged where it is lost. */
  byId(tenant: string, id: string): Promise<DataKey>
}

interface WrappedKey {
  readonly masterKeyId: string
  readonly wrapped: string
}

const folder = '.keys'
const idBytes = 16
const keyBytes = 32
const cachedMax = 1_000

const nameOf = (tenant: string, id: string) => blobKey(folder, tenant, id)
const contextOf = (tenant: string, id: string) => `${tenant}/${id}`

/**
 * The data keys lie beside what they seal, wrapped by a master key: `.keys/<tenant>/<id>`. Where
 * two replicas make a tenant's first one at once there are two, and each blob names its own.
 */
export function createDataKeys(inner: BlobStore, masterKeys: readonly MasterKey[]): DataKeys {
  const [newest] = masterKeys
  if (!newest) throw new TypeError('There is no master key')
  const known = new LRUCache<string, DataKey>({ max: cachedMax })
  const currents = new LRUCache<string, Promise<DataKey>>({ max: cachedMax })

  const byId = async (tenant: string, id: string) => {
    const name = nameOf(tenant, id)
    const cached = known.get(name)
    if (cached) return cached
    const dataKey = { id, key: unwrap(masterKeys, await readWrapped(inner, name), tenant, id) }
    known.set(name, dataKey)
    return dataKey
  }
  const findOrMake = async (tenant: string) => {
    for await (const { key } of inner.list({ prefix: blobKey(folder, tenant) })) {
      return await byId(tenant, key.split('/').at(-1) ?? '')
    }
    const dataKey = { id: randomBytes(idBytes).toString('hex'), key: randomBytes(keyBytes) }
    await writeWrapped(inner, newest, tenant, dataKey)
    return dataKey
  }
  return {
    byId,
    async current(tenant) {
      const found = currents.get(tenant) ?? findOrMake(tenant)
      currents.set(tenant, found)
      try {
        return await found
      } catch (error) {
        currents.delete(tenant)
        throw error
      }
    },
  }
}

/**
 * Wraps every data key by the newest master key that is not yet; afterwards the older ones are not
 * needed any more. What the data keys seal stays as it is. Resolves with how many there were.
 */
export async function rewrapDataKeys(
  inner: BlobStore,
  masterKeys: readonly MasterKey[],
): Promise<number> {
  const [newest] = masterKeys
  let rewrapped = 0
  for await (const { key } of inner.list({ prefix: blobKey(folder) })) {
    const [, tenant = '', id = ''] = key.split('/')
    const wrapped = await readWrapped(inner, key)
    if (!newest || wrapped.masterKeyId === newest.id) continue
    const dataKey = { id, key: unwrap(masterKeys, wrapped, tenant, id) }
    await writeWrapped(inner, newest, tenant, dataKey)
    rewrapped += 1
  }
  return rewrapped
}

/** Whether the master keys open what is sealed here, as far as the first data key tells. */
export async function opensDataKeys(
  inner: BlobStore,
  masterKeys: readonly MasterKey[],
): Promise<boolean> {
  for await (const { key } of inner.list({ prefix: blobKey(folder) })) {
    const { masterKeyId } = await readWrapped(inner, key)
    return masterKeys.some(({ id }) => id === masterKeyId)
  }
  return true
}

async function readWrapped(inner: BlobStore, name: BlobKey): Promise<WrappedKey> {
  try {
    const { stream } = await inner.read(name)
    return JSON.parse(Buffer.concat((await stream.toArray()) as Buffer[]).toString()) as WrappedKey
  } catch (error) {
    if (!(error instanceof BlobMissing)) throw error
    throw new BlobDamaged(`The key ${name} is lost`, { cause: error })
  }
}

async function writeWrapped(inner: BlobStore, by: MasterKey, tenant: string, dataKey: DataKey) {
  const { id, key } = dataKey
  const wrapped: WrappedKey = { masterKeyId: by.id, wrapped: by.wrap(key, contextOf(tenant, id)) }
  await writeBlob(inner, nameOf(tenant, id), [Buffer.from(JSON.stringify(wrapped))])
}

function unwrap(
  masterKeys: readonly MasterKey[],
  { masterKeyId, wrapped }: WrappedKey,
  tenant: string,
  id: string,
) {
  const masterKey = masterKeys.find((each) => each.id === masterKeyId)
  if (!masterKey) throw new BlobDamaged(`The master key ${masterKeyId} is not configured`)
  try {
    return masterKey.unwrap(wrapped, contextOf(tenant, id))
  } catch (error) {
    throw new BlobDamaged(`The key ${contextOf(tenant, id)} was changed`, { cause: error })
  }
}
