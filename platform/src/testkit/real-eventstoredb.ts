import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers'

/** A real server for a test file, or why there is none. */
export interface RealEventStoreDb {
  readonly url?: string
  readonly leftOut?: string
  close(): Promise<void>
}

const image = 'eventstore/eventstore:22.10.5-bookworm-slim'

/** Pulling the image counts too. */
const startLimitMs = 180_000

/** The one that EVENTSTOREDB_URL names, else one in a container where Docker can run it. */
export async function findRealEventStoreDb(): Promise<RealEventStoreDb> {
  const close = async () => {}
  const url = process.env['EVENTSTOREDB_URL']
  if (url) return { url, close }
  try {
    await getContainerRuntimeClient()
  } catch {
    return { leftOut: 'EVENTSTOREDB_URL is not set and there is no Docker', close }
  }
  try {
    const container = await new GenericContainer(image)
      .withCommand(['--insecure', '--run-projections=None', '--mem-db'])
      .withExposedPorts(2113)
      .withWaitStrategy(Wait.forHttp('/health/live', 2113).forStatusCode(204))
      .withStartupTimeout(startLimitMs)
      .start()
    return {
      url: `esdb://${container.getHost()}:${container.getMappedPort(2113)}?tls=false`,
      close: async () => {
        await container.stop()
      },
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const leftOut = `EVENTSTOREDB_URL is not set and Docker did not start ${image}: ${reason}`
    return { leftOut, close }
  }
}
