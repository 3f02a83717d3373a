import type { ClientBase } from 'pg'

/**
 * Runs the work between `begin` and `commit`; rolls back and throws on where it throws. The first
 * statement of the work travels together with `begin`.
 */
export async function inTransaction<Client extends Pick<ClientBase, 'query'>, Result>(
  client: Client,
  work: (client: Client) => Promise<Result>,
  begin = 'begin',
): Promise<Result> {
  const begun = client.query(begin)
  begun.catch(() => {}) // awaited below; the work may fail first
  try {
    const result = await work(client)
    await begun
    const { command } = await client.query('commit')
    // PostgreSQL answers so, without an error, where a statement failed and the work went on.
    if (command === 'ROLLBACK') throw new Error('a statement failed: nothing was committed')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => {}) // a lost connection has rolled back by itself
    throw error
  }
}
