import type { Device } from '@atrium/contracts/pdf/design-http.ts'
import type { ClientBase } from 'pg'
import type { Description } from '../../shelf.ts'

interface Row {
  readonly id: string
  readonly owner_id: string
  readonly profile: Description
  readonly version: number
}

type Client = Pick<ClientBase, 'query'>

// Row-level security adds the tenant to every query here.

/** Up to `limit` devices of the tenant behind that one, in the order in which they were added. */
export async function listCustomDevices(
  client: Client,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<Device[]> {
  const { rows } = await client.query<Row>({
    name: 'list-devices',
    text: `
      select id, owner_id, profile, version from device_list
       where id > $1 order by id limit $2`,
    values: [after, limit],
  })
  return rows.map(customDevice)
}

export async function findCustomDevice(
  client: Client,
  deviceId: string,
): Promise<Device | undefined> {
  const { rows } = await client.query<Row>({
    name: 'find-device',
    text: 'select id, owner_id, profile, version from device_list where id = $1',
    values: [deviceId],
  })
  return rows[0] && customDevice(rows[0])
}

const customDevice = ({ id, owner_id: ownerId, profile, version }: Row): Device => ({
  ...profile,
  id,
  custom: true,
  ownerId,
  version,
})
