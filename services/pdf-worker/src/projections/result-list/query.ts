import type { ClientBase } from 'pg'

type Client = Pick<ClientBase, 'query'>

/** The newest PDF of an input in a tenant, or undefined. It may be condemned a moment later. */
export async function findResult(
  client: Client,
  tenant: string,
  inputSha256: string,
): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>({
    name: 'find-result',
    text: `
      select id from stored_result
       where tenant_id = $1 and input_sha256 = $2 and not condemned
       order by stored_at desc limit 1`,
    values: [tenant, inputSha256],
  })
  return rows[0]?.id
}

export interface Holding {
  readonly tenant: string
  readonly resultId: string
  readonly jobId: string
  readonly heldAt: Date
}

/**
 * Holds of all tenants that nothing seems to need: their job is not there, has ended otherwise, or
 * has its PDF from elsewhere. Whoever acts on one asks the job itself first.
 */
export async function listIdleHolds(
  client: Client,
  { limit }: { readonly limit: number },
): Promise<Holding[]> {
  const { rows } = await client.query<{
    tenant_id: string
    result_id: string
    job_id: string
    held_at: Date
  }>({
    name: 'list-idle-holds',
    text: `
      select h.tenant_id, h.result_id, h.job_id, h.held_at
        from result_holder h
        left join job_list j on j.tenant_id = h.tenant_id and j.id = h.job_id
       where case
               when j.id is null then true
               when j.status = 'completed' then j.expired or j.result_id <> h.result_id
               when j.status in ('failed', 'cancelled') then true
               else j.attempt > (select s.attempt from stored_result s
                                  where s.tenant_id = h.tenant_id and s.id = h.result_id
                                    and s.job_id = h.job_id)
             end
       order by h.held_at limit $1`,
    values: [limit],
  })
  return rows.map((row) => ({
    tenant: row.tenant_id,
    resultId: row.result_id,
    jobId: row.job_id,
    heldAt: row.held_at,
  }))
}

export interface ResultKey {
  readonly tenant: string
  readonly resultId: string
}

/** Condemned PDFs of all tenants whose bytes are still there, oldest first. */
export async function listCondemned(
  client: Client,
  { limit }: { readonly limit: number },
): Promise<ResultKey[]> {
  const { rows } = await client.query<{ tenant_id: string; id: string }>({
    name: 'list-condemned-results',
    text: `
      select tenant_id, id from stored_result where condemned order by stored_at limit $1`,
    values: [limit],
  })
  return rows.map((row) => ({ tenant: row.tenant_id, resultId: row.id }))
}

/** Every PDF of all tenants that has bytes, as the read model knows it. */
export async function listResults(client: Client): Promise<readonly ResultKey[]> {
  const { rows } = await client.query<{ tenant_id: string; id: string }>({
    name: 'list-results',
    text: 'select tenant_id, id from stored_result',
  })
  return rows.map((row) => ({ tenant: row.tenant_id, resultId: row.id }))
}
