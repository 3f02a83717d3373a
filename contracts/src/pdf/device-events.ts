import { Type } from 'typebox'
import { defineEvent, eventData } from '../event.ts'
import { DeviceProfile } from '../planner/devices.ts'
import { Timestamp, UserId } from '../schema.ts'
import { CustomDeviceId } from './schema.ts'

// Devices that people describe themselves: all of an owner in pdf.shelf-<tenant>:<ownerId>, since
// how many there may be holds over the set. Everybody in the tenant may use them.

const context = 'pdf'
const device = { deviceId: CustomDeviceId, ownerId: UserId }

/** Without its id, which is the device's. */
export const DeviceDescription = Type.Omit(DeviceProfile, ['id'])

export const deviceAdded = defineEvent({
  context,
  type: 'DeviceAdded',
  visibility: 'private',
  summary: 'Somebody has described a device.',
  data: eventData({ ...device, profile: DeviceDescription, addedAt: Timestamp }),
})

export const deviceRevised = defineEvent({
  context,
  type: 'DeviceRevised',
  visibility: 'private',
  summary: 'The device is described otherwise. PDFs that were asked for before keep what was.',
  data: eventData({ ...device, profile: DeviceDescription, revisedAt: Timestamp }),
})

export const deviceRemoved = defineEvent({
  context,
  type: 'DeviceRemoved',
  visibility: 'private',
  summary: 'The device is no longer offered.',
  data: eventData({ ...device, removedAt: Timestamp }),
})

export const deviceEvents = [deviceAdded, deviceRevised, deviceRemoved] as const
