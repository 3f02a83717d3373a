import { createGiven } from '@atrium/platform/testkit/given.ts'
import { expect, it } from 'vitest'
import { tenant } from './tenant.ts'

const given = createGiven(tenant)
const at = '2026-01-01T00:00:00.000Z'
const create = { type: 'CreateTenant', tenantId: 'acme', name: 'Acme', at } as const

it('a tenant is created once', () => {
  const { events } = given().when(create)
  expect(events).toEqual([
    { type: 'TenantCreated', data: { tenantId: 'acme', name: 'Acme', createdAt: at } },
  ])
  expect(given(...events).when(create).rejection?.code).toBe('tenant-taken')
  expect(given(...events).state).toEqual({ status: 'existing', name: 'Acme', createdAt: at })
})

it('a tenant is removed once, and its id is not given out again', () => {
  const { events: created } = given().when(create)
  const remove = { type: 'RemoveTenant', tenantId: 'acme', at } as const
  const { events } = given(...created).when(remove)
  expect(events).toEqual([{ type: 'TenantRemoved', data: { tenantId: 'acme', removedAt: at } }])
  const after = given(...created, ...events)
  expect(after.when(remove).rejection?.code).toBe('not-found')
  expect(after.when(create).rejection?.code).toBe('tenant-taken')
})

it('the default tenant stays', () => {
  const remove = { type: 'RemoveTenant', tenantId: 'default', at } as const
  expect(given().when(remove).rejection?.code).toBe('tenant-not-removable')
})
