import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Context, contexts } from '@atrium/contracts/context.ts'

/** Passwords that nobody types, made at the first start and kept with the data they protect. */
export type Secrets = {
  readonly postgres: string
  readonly nats: string
  /** 32 random bytes; every key of auth derives from it. */
  readonly auth: string
  /** 32 random bytes; by it services prove to auth that they are services. */
  readonly service: string
  readonly databases: Readonly<Record<Context, { readonly owner: string; readonly routes: string }>>
}

export type Administrator = { readonly email: string; readonly password: string }

const newSecret = () => randomBytes(32).toString('base64url')
const defaultEmail = 'admin@atrium.localhost'

/** The secrets of this data folder; those that are missing are made. */
export async function loadSecrets(dataFolder: string): Promise<Secrets> {
  const file = join(dataFolder, 'secrets.json')
  const kept: Partial<Secrets> = (await readJson<Secrets>(file)) ?? {}
  const secrets: Secrets = {
    postgres: kept.postgres ?? newSecret(),
    nats: kept.nats ?? newSecret(),
    auth: kept.auth ?? newSecret(),
    service: kept.service ?? newSecret(),
    databases: Object.fromEntries(
      contexts.map((context) => [
        context,
        kept.databases?.[context] ?? { owner: newSecret(), routes: newSecret() },
      ]),
    ) as Secrets['databases'],
  }
  await writeJson(file, secrets)
  return secrets
}

/**
 * Whom to make platform administrator: whom the environment names, else the one of the first start.
 * `file` is where a password lies that was made here.
 */
export async function loadAdministrator(
  dataFolder: string,
  given: Partial<Administrator>,
): Promise<Administrator & { readonly file: string | undefined }> {
  const file = join(dataFolder, 'admin.json')
  const { email, password } = given
  if (email !== undefined && password !== undefined) return { email, password, file: undefined }
  const kept = await readJson<Administrator>(file)
  const administrator = {
    email: email ?? kept?.email ?? defaultEmail,
    password: password ?? kept?.password ?? newSecret(),
  }
  await writeJson(file, administrator)
  return { ...administrator, file }
}

async function readJson<Content>(file: string): Promise<Content | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Content
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Error(`${file} cannot be read: npm start -- --fresh begins anew.`, { cause: error })
  }
}

async function writeJson(file: string, content: unknown) {
  const unfinished = `${file}.unfinished`
  await writeFile(unfinished, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  await rename(unfinished, file)
}
