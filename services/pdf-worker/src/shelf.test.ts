import type { DeviceEvent } from '@atrium/contracts/pdf/events.ts'
import { createGiven } from '@atrium/platform/testkit/given.ts'
import { expect, it } from 'vitest'
import { shelf, type Description } from './shelf.ts'

const given = createGiven(shelf)
const ownerId = `usr_${'0'.repeat(32)}`
const [a, b] = [`dev_${'a'.repeat(32)}`, `dev_${'b'.repeat(32)}`]
const at = '2026-01-01T00:00:00.000Z'
const profile: Description = {
  name: 'Mine',
  widthPx: 1_404,
  heightPx: 1_872,
  ppi: 226,
  color: false,
  orientation: 'portrait',
  safeMarginsPt: [24, 24, 24, 24],
  minFontPt: 8,
  minStrokePt: 0.5,
  minTouchTargetPt: 28,
  greyLevels: 16,
  maxGreyFillArea: 0.2,
  stylus: true,
}
const of = (deviceId: string) => ({ ownerId, deviceId, at })
const added = (deviceId: string): DeviceEvent => ({
  type: 'DeviceAdded',
  data: { deviceId, ownerId, profile, addedAt: at },
})
const add = (deviceId: string, devicesMax = 2) =>
  ({ type: 'AddDevice', ...of(deviceId), profile, devicesMax }) as const
const revise = (ppi: number, expectedVersion?: number) =>
  ({
    type: 'ReviseDevice',
    ...of(a),
    profile: { ...profile, ppi },
    expectedVersion,
  }) as const

it('adds devices up to the quota, telling quota, limit and use', () => {
  expect(given().when(add(a)).events).toEqual([added(a)])
  expect(given(added(a)).when(add(a)).events).toEqual([])
  const { rejection } = given(added(a)).when(add(b, 1))
  expect(rejection?.code).toBe('quota-exceeded')
  expect(rejection?.extensions).toEqual({ quota: 'pdf-devices', limit: 1, used: 1 })
})

it('revises a device, a version on, and writes nothing where nothing changes', () => {
  const { events } = given(added(a)).when(revise(300))
  expect(events).toMatchObject([{ type: 'DeviceRevised', data: { profile: { ppi: 300 } } }])
  expect(given(added(a), ...events).state.devices.get(a)).toMatchObject({ version: 2 })
  expect(given(added(a)).when(revise(profile.ppi)).events).toEqual([])
})

it('refuses a stale version, and does not find what is not there', () => {
  const { rejection } = given(added(a)).when(revise(300, 7))
  expect(rejection).toMatchObject({ code: 'version-conflict', extensions: { currentVersion: 1 } })
  expect(given().when(revise(300)).rejection?.code).toBe('not-found')
})

it('removes a device, and its place in the quota is free', () => {
  const remove = { type: 'RemoveDevice', ...of(a), expectedVersion: undefined } as const
  const { events } = given(added(a)).when(remove)
  expect(events).toMatchObject([{ type: 'DeviceRemoved' }])
  expect(given(added(a), ...events).when(add(b, 1)).events).toHaveLength(1)
  expect(given(added(a), ...events).when(remove).rejection?.code).toBe('not-found')
})
