import { DatabaseError } from 'pg'
import { describe, expect, test } from 'vitest'
import type { RecordedEvent } from '../event-store/port.ts'
import { groupsOf, itemsOf, queriesOf, type Item } from './batch.ts'
import { defineProjection } from './projection.ts'
import { applySpan, type SpanPlan } from './span.ts'

const event = (position: number, type: string, stream: string, data: unknown = {}) => {
  const metadata = { tenant: 't', actor: {}, correlationId: '', commandId: '', schemaVersion: 1 }
  const base = { id: String(position), revision: 0, recordedAt: '2026-01-01T00:00:00.000Z' }
  return { ...base, position, type, stream, data, metadata } satisfies RecordedEvent
}

const item = (position: number, type: string, key: string): Item => ({
  event: event(position, type, key),
  key,
  rows: [{ position }],
})

const positionsOf = (items: readonly Item[]) => items.map(({ event: { position } }) => position)

describe('a batch', () => {
  test('is grouped by type in waves that keep the order of each key', () => {
    const groups = groupsOf([
      item(1, 'Created', 'a'),
      item(2, 'Renamed', 'a'),
      item(3, 'Created', 'b'),
      item(4, 'Renamed', 'c'),
      item(5, 'Renamed', 'a'),
      item(6, 'Renamed', 'b'),
    ])
    const briefly = groups.map(({ type, rows }) => [type, ...rows.map(({ position }) => position)])
    expect(briefly).toEqual([
      ['Created', 1, 3],
      ['Renamed', 4],
      ['Renamed', 2, 6],
      ['Renamed', 5],
    ])
  })

  test('the rows stand before what a statement calls by a name, also what calls itself', () => {
    const sql = 'with recursive gone as (select id from rows) delete from p using gone'
    const definition = defineProjection<{ type: 'InstancePurged'; data: object }>({
      name: 'p',
      version: 1,
      tableSql: '',
      table: 'p',
      on: { InstancePurged: { rows: () => [{ id: 'i' }], sql } },
    }) as Parameters<typeof itemsOf>[1]
    const items = itemsOf('instances', definition, [
      event(1, 'InstancePurged', 'instances.sample-acme:x'),
    ])
    expect(queriesOf(definition, items).map(({ text }) => text)).toEqual([
      'with recursive rows as (select * from json_populate_recordset(null::p, $1::json)), ' +
        'gone as (select id from rows) delete from p using gone',
    ])
  })

  test('notes what an event’s own code throws, and passes what is not handled', () => {
    const definition = defineProjection<{ type: 'InstancePurged'; data: { instanceId: string } }>({
      name: 'p',
      version: 1,
      tableSql: '',
      table: 'p',
      on: {
        InstancePurged: {
          rows: ({ tenant, data }) => [{ tenant, id: data.instanceId.trim() }],
          sql: 'with gone as (select id from rows) delete from p using gone where p.id = gone.id',
        },
      },
    }) as Parameters<typeof itemsOf>[1]
    const items = itemsOf('instances', definition, [
      event(1, 'InstancePurged', 'instances.sample-acme:x', { instanceId: 'i ' }),
      event(2, 'InstancePurged', 'instances.sample-acme:x', {}),
      event(3, 'InstanceRenamed', 'instances.sample-acme:x'),
      event(4, 'toString', 'instances.sample-acme:x'),
    ])
    expect(items.map(({ rows }) => rows)).toEqual([[{ tenant: 'acme', id: 'i' }], []])
    expect(items[1]?.fault).toBeInstanceOf(TypeError)
    expect(queriesOf(definition, items).map(({ text }) => text)).toEqual([
      'with rows as (select * from json_populate_recordset(null::p, $1::json)), ' +
        'gone as (select id from rows) delete from p using gone where p.id = gone.id',
    ])
  })
})

describe('a span', () => {
  const items = Array.from({ length: 100 }, (_, index) =>
    item(index + 1, 'Created', `key-${index % 10}`),
  )

  /** A writer that refuses some positions, as PostgreSQL would: all of a plan or none. */
  function createWriter(refused: ReadonlySet<number>, code: string) {
    const plans: SpanPlan[] = []
    return {
      plans,
      async write(plan: SpanPlan) {
        await Promise.resolve()
        if (positionsOf(plan.apply).some((position) => refused.has(position))) {
          throw Object.assign(new DatabaseError('refused', 0, 'error'), { code })
        }
        plans.push(plan)
      },
    }
  }

  test('applies all but the event that fails, and holds the later ones of its key', async () => {
    const writer = createWriter(new Set([13]), '23514')
    const held = new Set<string>()
    await applySpan({ items, position: 120 }, held, (plan) => writer.write(plan))
    const aside = writer.plans.flatMap((plan) => plan.aside)
    expect([...held]).toEqual(['key-2'])
    expect(
      aside.map(
        ({
          item: {
            event: { position },
          },
          state,
        }) => [position, state],
      ),
    ).toEqual([
      [13, 'parked'],
      ...[23, 33, 43, 53, 63, 73, 83, 93].map((position) => [position, 'held']),
    ])
    const applied = writer.plans.flatMap((plan) => positionsOf(plan.apply))
    expect(applied).toEqual(
      positionsOf(items).filter((position) => position % 10 !== 3 || position < 13),
    )
    expect(writer.plans.at(-1)?.position).toBe(120)
  })

  test('sets nothing aside for a fault that a repeat may mend', async () => {
    for (const code of ['40001', '40P01', '57P01', '08006', '53100', '55P03']) {
      const writer = createWriter(new Set([13]), code)
      const held = new Set<string>()
      const attempt = applySpan({ items, position: 100 }, held, (plan) => writer.write(plan))
      await expect(attempt, code).rejects.toMatchObject({ code })
      expect(held.size).toBe(0)
    }
  })

  test('stops where so many keys fail that the projection itself must be broken', async () => {
    const many = Array.from({ length: 1_100 }, (_, index) =>
      item(index + 1, 'Created', `key-${index}`),
    )
    const writer = createWriter(new Set(positionsOf(many)), '42P01')
    const attempt = applySpan({ items: many, position: 1_100 }, new Set(), (plan) =>
      writer.write(plan),
    )
    await expect(attempt).rejects.toThrow('the projection itself is broken')
  })
})
