import { describe, expect, it } from 'vitest'
import { deviceOf, devices, pageSizeOf } from './devices.ts'

describe('devices', () => {
  it('are 27, each with an id of its own', () => {
    expect(devices).toHaveLength(27)
    expect(new Set(devices.map(({ id }) => id)).size).toBe(27)
  })

  it.each([
    ['remarkable-2', 'remarkable-2'],
    ['REMARKABLE-2', 'remarkable-2'],
    ['Boox-Go-10.3', 'boox-go-10.3'],
    ['boox-note-air-4C-landscape', 'boox-note-air-4c-landscape'],
    ['boox-tab-ultra-c', 'boox-tab-ultra-c-portrait'],
    ['Boox-Tab-Ultra-C', 'boox-tab-ultra-c-portrait'],
    ['remarkable-paper-pro-move', 'remarkable-paper-pro-move-portrait'],
  ])('%s is %s', (name, id) => {
    expect(deviceOf(name)?.id).toBe(id)
  })

  it('are not made up', () => {
    expect(deviceOf('remarkable-9')).toBeUndefined()
    expect(deviceOf('constructor')).toBeUndefined()
  })

  it.each([
    ['remarkable-2', 447.3, 596.4],
    ['remarkable-1', 447.3, 596.4],
    ['boox-note-air-4c-landscape', 593.8, 445.3],
    ['remarkable-paper-pro-move-landscape', 462.5, 260.2],
    ['kindle-scribe', 446.4, 595.2],
  ])('%s has pages of %d by %d points, turned as it is held', (id, width, height) => {
    expect(devices.filter((device) => device.id === id).map(pageSizeOf)).toEqual([
      { width, height },
    ])
  })
})
