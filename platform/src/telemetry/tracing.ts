import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span as OtelSpan,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

/**
 * Spans that are passed by hand, as W3C `traceparent` texts: they travel through events and
 * messages, where no call stack reaches.
 */
export interface Tracing {
  /** Whether spans go anywhere: what is made for spans alone can be left out otherwise. */
  readonly isExporting: boolean
  /** A span begun now, a child of `parent` where one is given. */
  start(name: string, options?: SpanOptions): Span
  /** Sends what is still held back. */
  close(): Promise<void>
}

export interface SpanOptions {
  readonly kind?: 'server' | 'consumer' | 'producer' | 'internal'
  /** The `traceparent` of what led to this. */
  readonly parent?: string | undefined
  readonly attributes?: Attributes
}

export interface Span {
  /** For what follows from this; without an exporter simply the parent's. */
  readonly traceparent: string | undefined
  set(attributes: Attributes): void
  /** Once; with an error the span is marked as failed, by the error's kind alone. */
  end(error?: unknown): void
}

const kinds = {
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  producer: SpanKind.PRODUCER,
  internal: SpanKind.INTERNAL,
}

const exportTimeoutMs = 5_000
const spansHeldMax = 4_096

/**
 * With an OTLP endpoint every sampled span is sent there (`<endpoint>/v1/traces`, JSON over HTTP,
 * in batches, dropped beyond a limit when it does not answer). Without one nothing is made: spans
 * only pass the `traceparent` on.
 */
export function createTracing(options: {
  readonly name: string
  readonly endpoint?: string | undefined
}): Tracing {
  const { name, endpoint } = options
  if (endpoint === undefined) return passingOn

  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: exportTimeoutMs,
  })
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': name, 'service.namespace': 'atrium' }),
    spanProcessors: [
      new BatchSpanProcessor(exporter, {
        maxQueueSize: spansHeldMax,
        exportTimeoutMillis: exportTimeoutMs,
      }),
    ],
  })
  const tracer = provider.getTracer('atrium')

  return {
    isExporting: true,
    start(spanName, { kind = 'internal', parent, attributes = {} } = {}) {
      const spanContext = parseTraceparent(parent)
      const context = spanContext ? trace.setSpanContext(ROOT_CONTEXT, spanContext) : ROOT_CONTEXT
      return spanOf(tracer.startSpan(spanName, { kind: kinds[kind], attributes }, context))
    },
    close: () => provider.shutdown(),
  }
}

const passingOn: Tracing = {
  isExporting: false,
  start: (_name, { parent } = {}) => ({ traceparent: parent, set() {}, end() {} }),
  async close() {},
}

function spanOf(span: OtelSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    set: (attributes) => void span.setAttributes(attributes),
    end(error) {
      if (error !== undefined) {
        span.setStatus({ code: SpanStatusCode.ERROR })
        span.setAttribute('error.type', error instanceof Error ? error.name : typeof error)
      }
      span.end()
    },
  }
}

/** Undefined for anything that is no valid version 00 `traceparent` of W3C Trace Context. */
export function parseTraceparent(text: string | undefined) {
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text ?? '')
  const [, traceId = '', spanId = '', flags = ''] = match ?? []
  if (!match || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
}
