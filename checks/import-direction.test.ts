import { describe, expect, it } from 'vitest'
import { importFault, importFaults } from './import-direction.ts'
import { isParsed, readSourceTree } from './source-tree.ts'

const fault = (path: string, specifier: string) => importFault({ path, text: '' }, specifier)

describe('imports run one way', () => {
  it('in every file', () => {
    expect(readSourceTree().filter(isParsed).flatMap(importFaults)).toEqual([])
  })

  it('so a service imports no other service, by name or by path', () => {
    const file = 'services/instances/src/main.ts'
    expect(fault(file, '@atrium/auth/user.ts')).toMatch('may not import @atrium/auth')
    expect(fault(file, '../../auth/src/user.ts')).toMatch('leaves services/instances')
    expect(fault(file, './config.ts')).toBeUndefined()
    expect(fault(file, '@atrium/platform/event-store/port.ts')).toBeUndefined()
  })

  it('so the platform knows no service, and contracts know nothing', () => {
    expect(fault('platform/src/a.ts', '@atrium/instances/x.ts')).toMatch('may not import')
    expect(fault('platform/src/a.ts', '@atrium/contracts/event.ts')).toBeUndefined()
    expect(fault('contracts/src/a.ts', '@atrium/platform/x.ts')).toMatch('may not import')
    expect(fault('contracts/src/a.ts', '../../platform/src/x.ts')).toMatch('leaves contracts')
  })

  it('so acceptance tests see no code that runs', () => {
    const file = 'acceptance/instances.test.ts'
    expect(fault(file, '@atrium/platform/testkit/test-servers.ts')).toMatch('may not import')
    expect(fault(file, 'pg')).toMatch('does not name pg')
  })

  it('so production code uses neither the test kit nor the servers of the local start', () => {
    const specifier = '@atrium/platform/testkit/test-servers.ts'
    expect(fault('services/auth/src/main.ts', specifier)).toMatch('not for production')
    expect(fault('services/auth/src/user.int.test.ts', specifier)).toBeUndefined()
  })

  it('and name files, and packages that are declared', () => {
    expect(fault('gateway/src/main.ts', '@atrium/platform/event-store')).toMatch('ending')
    expect(fault('gateway/src/main.ts', './proxy')).toMatch('does not name a file')
    expect(fault('gateway/src/main.ts', 'left-pad')).toMatch('does not name left-pad')
    expect(fault('gateway/src/main.ts', 'fs')).toMatch('node:fs')
  })
})
