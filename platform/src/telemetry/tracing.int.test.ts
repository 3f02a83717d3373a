import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { mount } from '../http/route.ts'
import { createTestHttpServer, testRoute } from '../testkit/http-server.ts'
import { createTracing } from './tracing.ts'

interface ExportedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly status: { readonly code?: number }
}

/** Takes spans as a collector does: OTLP as JSON over HTTP. */
async function createReceiver() {
  const spans: ExportedSpan[] = []
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const sent = JSON.parse(Buffer.concat(chunks).toString()) as {
      resourceSpans: { scopeSpans: { spans: ExportedSpan[] }[] }[]
    }
    expect(request.url).toBe('/v1/traces')
    for (const { scopeSpans } of sent.resourceSpans) {
      for (const scope of scopeSpans) spans.push(...scope.spans)
    }
    response.setHeader('content-type', 'application/json').end('{}')
  }
  const server = createServer((request, response) => void take(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return { spans, endpoint: `http://127.0.0.1:${port}`, close: () => server.close() }
}

const incoming = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

test('one trace runs from the incoming request through the cause to what follows', async () => {
  const receiver = await createReceiver()
  const tracing = createTracing({ name: 'test', endpoint: receiver.endpoint })
  const { app, ask } = createTestHttpServer({ tracing })
  let caused: string | undefined
  mount(app, testRoute({}), async ({ cause }) => {
    caused = cause.traceparent
    tracing.start('project', { kind: 'consumer', parent: caused }).end(new TypeError('x'))
    return { status: 200 }
  })
  await ask({ url: '/v1/things', headers: { traceparent: incoming } })
  await expect.poll(() => caused).toBeDefined()
  await tracing.close()
  receiver.close()

  const [, traceId = '', spanId = ''] = (caused ?? '').split('-')
  expect(receiver.spans).toHaveLength(2)
  const http = receiver.spans.find(({ name }) => name === 'GET /v1/things')
  const consumer = receiver.spans.find(({ name }) => name === 'project')
  expect(http).toMatchObject({ traceId, spanId, parentSpanId: 'b7ad6b7169203331' })
  expect(traceId).toBe('0af7651916cd43dd8448eb211c80319c')
  expect(consumer).toMatchObject({ traceId, parentSpanId: spanId, status: { code: 2 } })
})

test('a collector that does not answer costs no request', async () => {
  const tracing = createTracing({ name: 'test', endpoint: 'http://127.0.0.1:9' })
  const { app, ask } = createTestHttpServer({ tracing })
  mount(app, testRoute({}), async () => ({ status: 200 }))
  expect((await ask('/v1/things')).status).toBe(200)
  await tracing.close().catch(() => undefined)
})

test('without an endpoint a span only passes its parent on', () => {
  const tracing = createTracing({ name: 'test' })
  expect(tracing.start('x', { parent: incoming }).traceparent).toBe(incoming)
  expect(tracing.start('x').traceparent).toBeUndefined()
})
