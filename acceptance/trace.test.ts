import { randomBytes } from 'node:crypto'
import { expect, inject, it } from 'vitest'
import { call, password, uniqueEmail, until } from './client.ts'
import type { CollectedSpan } from './collector.ts'

/** Spans leave in batches, some seconds after they ended. */
const exportLimitMs = 30_000

it('one trace runs from the click through the registration to the workspace in the list', async () => {
  const traceId = randomBytes(16).toString('hex')
  const reply = await call('POST', '/v1/auth/register', {
    headers: { traceparent: `00-${traceId}-${'1'.repeat(16)}-01` },
    body: { email: uniqueEmail(), password },
  })
  expect(reply.status).toBe(201)

  const spansOfTrace = async () => {
    const response = await fetch(inject('atrium').spansUrl)
    const spans = (await response.json()) as CollectedSpan[]
    return spans.filter((span) => span.traceId === traceId)
  }
  const wanted = [
    'gateway: POST /v1/auth/register',
    'auth: POST /v1/auth/register',
    'auth: publish UserRegistered',
    'instances: react create-personal-workspace-on-user-registered',
    'instances: project instance-list InstanceCreated',
    'instances: publish InstanceCreated',
  ]
  const named = (spans: readonly CollectedSpan[]) =>
    spans.map(({ service, name }) => `${service}: ${name}`)
  const spans = await until(
    spansOfTrace,
    (found) => wanted.every((name) => named(found).includes(name)),
    exportLimitMs,
  )
  expect(named(spans)).toEqual(expect.arrayContaining(wanted))

  // Each hangs on one that is in the trace too, back to the click.
  const known = new Set([...spans.map(({ spanId }) => spanId), '1'.repeat(16)])
  expect(spans.filter(({ parentSpanId }) => !known.has(parentSpanId ?? ''))).toEqual([])
})
