import type { tenantCreated } from '@atrium/contracts/auth/events.ts'
import type { EventOf } from '@atrium/contracts/event.ts'
import { Command } from 'commander'
import type { Deployment } from '../deployment.ts'
import { openStores } from '../open-stores.ts'
import { printList } from '../print.ts'

interface Tenant extends Readonly<Record<string, unknown>> {
  readonly id: string
  readonly name: string
  readonly createdAt: string | null
  readonly users: number
}

/** `atrium tenants`: all tenants with their users, read from the log itself. */
export function tenantsCommand(deployment: () => Promise<Deployment>): Command {
  return new Command('tenants')
    .description('all tenants and how many users each has')
    .option('--json', 'a JSON array')
    .action(async ({ json = false }: { json?: boolean }) => {
      printList<Tenant>({
        rows: await tenantsOf(await deployment()),
        json,
        none: 'no tenants',
        columns: {
          id: (row) => row.id,
          name: (row) => row.name,
          users: (row) => row.users,
          created: (row) => row.createdAt,
        },
      })
    })
}

async function tenantsOf(deployment: Deployment): Promise<Tenant[]> {
  await using stores = await openStores(deployment)
  const byId = new Map<string, Tenant>([
    ['default', { id: 'default', name: 'default', createdAt: null, users: 0 }],
  ])
  const filter = { streamPrefixes: ['auth.'], types: ['TenantCreated', 'UserRegistered'] }
  for await (const batch of stores.of('auth').readAll({ filter })) {
    for (const { type, data, metadata } of batch) {
      if (type === 'TenantCreated') {
        const { tenantId, name, createdAt } = data as EventOf<typeof tenantCreated>['data']
        byId.set(tenantId, { id: tenantId, name, createdAt, users: 0 })
      } else {
        const tenant = byId.get(metadata.tenant)
        if (tenant) byId.set(tenant.id, { ...tenant, users: tenant.users + 1 })
      }
    }
  }
  return [...byId.values()].toSorted((a, b) => a.id.localeCompare(b.id))
}
