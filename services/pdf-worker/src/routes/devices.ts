import * as contract from '@atrium/contracts/pdf/design-http.ts'
import type { Device } from '@atrium/contracts/pdf/design-http.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import type { Caller } from '@atrium/platform/http/exchange.ts'
import { createCursors, pageOf } from '@atrium/platform/http/page.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Shelves } from '../aggregates.ts'
import { isCustomDevice, knownDevices } from '../devices.ts'
import { findCustomDevice, listCustomDevices } from '../projections/device-list/query.ts'
import type { ShelfState } from '../shelf.ts'

export interface DevicesDeps {
  readonly shelves: Shelves
  readonly database: Database
  readonly devicesMax: number
}

const cursors = createCursors(Type.String({ minLength: 1, maxLength: 64 }))

export function mountDevices(app: FastifyInstance, deps: DevicesDeps) {
  const { shelves, database, devicesMax } = deps
  mountReads(app, database)

  mount(app, contract.addDevice, async ({ caller, body: profile, newId, at, cause }) => {
    const { userId: ownerId } = caller
    const deviceId = newId('dev')
    const command = { type: 'AddDevice', ownerId, deviceId, profile, devicesMax, at } as const
    const written = await shelves.handle(ownerId, command, cause)
    const device = deviceFrom(written.state, ownerId, deviceId)
    return { status: 201, body: device, version: device.version ?? 0, written }
  })

  mount(app, contract.reviseDevice, async (exchange) => {
    const { caller, params, body: profile, at, cause, expectedVersion } = exchange
    await demandOwn(database, caller, params.deviceId)
    const { userId: ownerId } = caller
    const { deviceId } = params
    const written = await shelves.handle(
      ownerId,
      { type: 'ReviseDevice', ownerId, deviceId, profile, expectedVersion, at },
      cause,
    )
    const device = deviceFrom(written.state, ownerId, deviceId)
    return { status: 200, body: device, version: device.version ?? 0, written }
  })

  mount(app, contract.removeDevice, async (exchange) => {
    const { caller, params, at, cause, expectedVersion } = exchange
    await demandOwn(database, caller, params.deviceId)
    const { userId: ownerId } = caller
    const { deviceId } = params
    const written = await shelves.handle(
      ownerId,
      { type: 'RemoveDevice', ownerId, deviceId, expectedVersion, at },
      cause,
    )
    return { status: 204, written }
  })
}

function mountReads(app: FastifyInstance, database: Database) {
  mount(app, contract.listDevices, async ({ caller, query }) => {
    const { limit = 50 } = query
    const after = cursors.decode(query.cursor)
    const seen = knownDevices.findIndex(({ id }) => id === after)
    const isPastKnown = after !== undefined && seen === -1
    const known = isPastKnown ? [] : knownDevices.slice(seen + 1)
    const custom = await database.forTenant(
      caller.tenant,
      (client) => listCustomDevices(client, { after: isPastKnown ? after : '', limit: limit + 1 }),
      { readOnly: true },
    )
    const body = pageOf(
      [...known, ...custom].slice(0, limit + 1),
      limit,
      (device) => device,
      (last) => cursors.encode(last.id),
    )
    return { status: 200, body }
  })

  mount(app, contract.getDevice, async ({ caller, params }) => {
    const known = knownDevices.find(({ id }) => id === params.deviceId)
    if (known) return { status: 200, body: known }
    const device = await demandCustom(database, caller, params.deviceId)
    return { status: 200, body: device, version: device.version ?? 0 }
  })
}

async function demandCustom(
  database: Database,
  { tenant }: Caller,
  deviceId: string,
): Promise<Device> {
  const device = isCustomDevice(deviceId)
    ? await database.forTenant(tenant, (client) => findCustomDevice(client, deviceId), {
        readOnly: true,
      })
    : undefined
  if (!device) throw new Rejection('not-found')
  return device
}

/** Everybody of the tenant sees it; only whoever added it changes it. */
async function demandOwn(database: Database, caller: Caller, deviceId: string): Promise<void> {
  if (knownDevices.some(({ id }) => id === deviceId)) throw new Rejection('permission-denied')
  const { ownerId } = await demandCustom(database, caller, deviceId)
  if (ownerId !== caller.userId) throw new Rejection('permission-denied')
}

/** From the state that a command has led to. */
function deviceFrom({ devices }: ShelfState, ownerId: string, deviceId: string): Device {
  const device = devices.get(deviceId)
  if (!device) throw new Rejection('not-found') // removed while a repeat was under way
  return { ...device.profile, id: deviceId, custom: true, ownerId, version: device.version }
}
