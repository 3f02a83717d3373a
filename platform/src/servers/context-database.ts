import { Client, escapeIdentifier, escapeLiteral } from 'pg'

export type Login = { readonly name: string; readonly password: string }

export type ContextDatabase = {
  readonly database: string
  /** Migrations, projectors, timers and operators; owns the tables, so no row is hidden from it. */
  readonly owner: Login
  /** Routes; row-level security holds for it. It may do nothing but what migrations grant it. */
  readonly routes: Login
}

export type ContextDatabaseUrls = { readonly ownerUrl: string; readonly routesUrl: string }

const duplicateObject = new Set(['42710', '42P04', '23505'])

/**
 * Makes the database and its two roles where they are missing, and sets both passwords. To be run
 * as a superuser, or as a role that may create databases and roles.
 */
export async function createContextDatabase(
  adminUrl: string,
  { database, owner, routes }: ContextDatabase,
): Promise<ContextDatabaseUrls> {
  await withClient(adminUrl, async (client) => {
    for (const { name, password } of [owner, routes]) {
      await unlessItExists(client.query(`create role ${escapeIdentifier(name)}`))
      await client.query(
        `alter role ${escapeIdentifier(name)} login password ${escapeLiteral(password)}`,
      )
    }
    // One that is no superuser may give a database only to a role that it belongs to itself.
    await client.query(`grant ${escapeIdentifier(owner.name)} to current_user`)
    await createDatabase(client, database, owner.name)
  })
  const urls = {
    ownerUrl: urlFor(adminUrl, database, owner),
    routesUrl: urlFor(adminUrl, database, routes),
  }
  await withClient(urls.ownerUrl, async (client) => {
    const name = escapeIdentifier(database)
    await client.query(`revoke connect, temporary on database ${name} from public`)
    await client.query(`grant connect on database ${name} to ${escapeIdentifier(routes.name)}`)
  })
  return urls
}

/** Drops the database, and ends the sessions that still use it. */
export async function dropDatabase(adminUrl: string, database: string) {
  await withClient(adminUrl, (client) =>
    client.query(`drop database if exists ${escapeIdentifier(database)} with (force)`),
  )
}

export async function dropRoles(adminUrl: string, names: readonly string[]) {
  await withClient(adminUrl, async (client) => {
    for (const name of names) await client.query(`drop role if exists ${escapeIdentifier(name)}`)
  })
}

async function createDatabase(client: Client, name: string, owner: string) {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
  if (rowCount) return
  await unlessItExists(
    client.query(`create database ${escapeIdentifier(name)} owner ${escapeIdentifier(owner)}`),
  )
}

/** Two starts at once make the same roles: the loser finds what it wanted. */
async function unlessItExists(creation: Promise<unknown>) {
  try {
    await creation
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!duplicateObject.has(code)) throw error
  }
}

async function withClient(url: string, work: (client: Client) => Promise<unknown>) {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

function urlFor(adminUrl: string, database: string, { name, password }: Login) {
  const url = new URL(adminUrl)
  url.username = encodeURIComponent(name)
  url.password = encodeURIComponent(password)
  url.pathname = `/${encodeURIComponent(database)}`
  return url.href
}
