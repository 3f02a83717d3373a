import { contexts } from '@atrium/contracts/context.ts'
import { jetStreamOf } from '@atrium/contracts/naming.ts'
import { dropDatabase } from '@atrium/platform/servers/context-database.ts'
import { parseNatsUrl } from '@atrium/platform/messaging/nats-url.ts'
import { connect } from 'nats'
import type { StartConfig } from './config.ts'
import { databaseOf } from './servers.ts'

const streamNotFound = 10_059

/** Removes what former starts left on servers that are not our own, and nothing else. */
export async function emptyGivenServers({ databaseUrl, natsUrl }: StartConfig) {
  if (databaseUrl !== undefined) {
    for (const context of contexts) await dropDatabase(databaseUrl, databaseOf(context))
  }
  if (natsUrl !== undefined) await deleteStreams(natsUrl)
}

async function deleteStreams(natsUrl: string) {
  const nats = await connect({ ...parseNatsUrl(natsUrl) })
  try {
    const { streams } = await nats.jetstreamManager()
    for (const context of contexts) {
      await streams.delete(jetStreamOf(context)).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    }
  } finally {
    await nats.close()
  }
}

function isNotFound(error: unknown) {
  return (
    error instanceof Error &&
    'api_error' in error &&
    (error.api_error as { err_code?: number } | undefined)?.err_code === streamNotFound
  )
}
