import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'

/** A span as OTLP over HTTP sends it, as far as the tests look. */
export interface CollectedSpan {
  readonly service: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
}

interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: {
      readonly attributes: readonly { key: string; value: { stringValue?: string } }[]
    }
    readonly scopeSpans: readonly { readonly spans: readonly Omit<CollectedSpan, 'service'>[] }[]
  }[]
}

/** A collector of traces: takes them at `/v1/traces`, gives them back at `/spans`. */
export async function createCollector() {
  const collected: CollectedSpan[] = []

  async function take(request: IncomingMessage, response: ServerResponse) {
    if (request.method === 'POST') {
      const { resourceSpans } = (await json(request)) as Exported
      for (const { resource, scopeSpans } of resourceSpans) {
        const name = resource.attributes.find(({ key }) => key === 'service.name')
        const service = name?.value.stringValue ?? ''
        for (const { spans } of scopeSpans) {
          for (const span of spans) collected.push({ ...span, service })
        }
      }
    }
    response.setHeader('content-type', 'application/json')
    response.end(request.method === 'POST' ? '{}' : JSON.stringify(collected))
  }

  const server = createServer((request, response) => void take(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
