import type { EventOf } from '@atrium/contracts/event.ts'
import type { deviceAdded } from '@atrium/contracts/pdf/device-events.ts'
import type { DeviceEvent } from '@atrium/contracts/pdf/events.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { isDeepStrictEqual } from 'node:util'

/*
 * The devices that one person has described. One stream per owner decides how many there may be.
 */

export type Description = EventOf<typeof deviceAdded>['data']['profile']

export interface ShelvedDevice {
  readonly profile: Description
  readonly version: number
}

export interface ShelfState {
  readonly devices: ReadonlyMap<string, ShelvedDevice>
}

export type ShelfCommand = AddDevice | ReviseDevice | RemoveDevice

interface Command {
  readonly ownerId: string
  readonly deviceId: string
  readonly at: string
}

export interface AddDevice extends Command {
  readonly type: 'AddDevice'
  readonly profile: Description
  readonly devicesMax: number
}

export interface ReviseDevice extends Command {
  readonly type: 'ReviseDevice'
  readonly profile: Description
  readonly expectedVersion: number | undefined
}

export interface RemoveDevice extends Command {
  readonly type: 'RemoveDevice'
  readonly expectedVersion: number | undefined
}

export const shelf: Decider<ShelfState, ShelfCommand, DeviceEvent> = {
  initialState: { devices: new Map() },
  decide,
  evolve,
}

function decide(command: ShelfCommand, state: ShelfState): readonly DeviceEvent[] {
  switch (command.type) {
    case 'AddDevice':
      return add(command, state)
    case 'ReviseDevice':
      return revise(command, state)
    case 'RemoveDevice':
      return remove(command, state)
  }
}

function add(command: AddDevice, { devices }: ShelfState): DeviceEvent[] {
  const { ownerId, deviceId, profile, devicesMax: limit, at } = command
  if (devices.has(deviceId)) return []
  const used = devices.size
  if (used >= limit) throw new Rejection('quota-exceeded', { quota: 'pdf-devices', limit, used })
  return [{ type: 'DeviceAdded', data: { deviceId, ownerId, profile, addedAt: at } }]
}

function revise(command: ReviseDevice, state: ShelfState): DeviceEvent[] {
  const { ownerId, deviceId, profile, at } = command
  const device = expected(command, state)
  if (isDeepStrictEqual(profile, device.profile)) return []
  return [{ type: 'DeviceRevised', data: { deviceId, ownerId, profile, revisedAt: at } }]
}

function remove(command: RemoveDevice, state: ShelfState): DeviceEvent[] {
  const { ownerId, deviceId, at } = command
  expected(command, state)
  return [{ type: 'DeviceRemoved', data: { deviceId, ownerId, removedAt: at } }]
}

function expected(
  { deviceId, expectedVersion }: ReviseDevice | RemoveDevice,
  { devices }: ShelfState,
): ShelvedDevice {
  const device = devices.get(deviceId)
  if (!device) throw new Rejection('not-found')
  if (expectedVersion !== undefined && expectedVersion !== device.version) {
    throw new Rejection('version-conflict', { currentVersion: device.version })
  }
  return device
}

function evolve(state: ShelfState, event: DeviceEvent): ShelfState {
  const devices = new Map(state.devices)
  const { deviceId } = event.data
  switch (event.type) {
    case 'DeviceAdded':
    case 'DeviceRevised': {
      const version = (devices.get(deviceId)?.version ?? 0) + 1
      devices.set(deviceId, { profile: event.data.profile, version })
      return { devices }
    }
    case 'DeviceRemoved':
      devices.delete(deviceId)
      return { devices }
  }
}
