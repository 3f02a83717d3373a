import { parseNatsUrl } from '@atrium/platform/messaging/nats-url.ts'
import { connect } from 'nats'
import { Client } from 'pg'
import type { StartConfig } from './config.ts'

const answerLimitMs = 5_000

/** Fails with one sentence, which names the variable, where a given server does not let us in. */
export async function checkGivenServers({ databaseUrl, natsUrl }: StartConfig) {
  if (databaseUrl !== undefined) await tell('DATABASE_URL', askPostgres(databaseUrl))
  if (natsUrl !== undefined) await tell('NATS_URL', askNats(natsUrl))
}

async function askPostgres(connectionString: string) {
  const client = new Client({ connectionString, connectionTimeoutMillis: answerLimitMs })
  try {
    await client.connect()
  } finally {
    await client.end()
  }
}

async function askNats(url: string) {
  const nats = await connect({ ...parseNatsUrl(url), timeout: answerLimitMs, reconnect: false })
  await nats.close()
}

async function tell(variable: string, asked: Promise<void>) {
  try {
    await asked
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `The server of ${variable} does not let us in (${reason}): start it, correct the address, ` +
        'or leave the variable out for a server of our own.',
      { cause },
    )
  }
}
