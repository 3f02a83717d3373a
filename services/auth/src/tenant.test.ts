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
