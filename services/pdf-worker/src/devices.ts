import type { Device } from '@atrium/contracts/pdf/design-http.ts'
import { CustomDeviceId } from '@atrium/contracts/pdf/schema.ts'
import { deviceOf, devices, type DeviceProfile } from '@atrium/contracts/planner/devices.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import { Compile } from 'typebox/compile'
import { findCustomDevice } from './projections/device-list/query.ts'

export type FindDevice = (tenant: string, id: string) => Promise<DeviceProfile | undefined>

const customDeviceId = Compile(CustomDeviceId)

export const isCustomDevice = (id: string) => customDeviceId.Check(id)

/** A device by its id: one that everybody knows, or one that somebody of the tenant described. */
export function createFindDevice(database: Pick<Database, 'forTenant'>): FindDevice {
  return async (tenant, id) => {
    const known = deviceOf(id)
    if (known || !isCustomDevice(id)) return known
    const custom = await database.forTenant(tenant, (client) => findCustomDevice(client, id), {
      readOnly: true,
    })
    return custom && profileOf(custom)
  }
}

/** The devices that everybody knows, as the API shows them. */
export const knownDevices: readonly Device[] = devices.map((profile) => ({
  ...profile,
  custom: false,
  ownerId: null,
  version: null,
}))

export function profileOf(device: Device): DeviceProfile {
  const { custom: _, ownerId: __, version: ___, ...profile } = device
  return profile
}
