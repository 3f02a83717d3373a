import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface MetricOptions<Label extends string> {
  readonly name: string
  readonly help: string
  readonly labels?: readonly Label[]
  /** Of a histogram, in the unit that its name ends with. */
  readonly buckets?: readonly number[]
  /** Of a gauge: sets it when the metrics are asked for. */
  readonly collect?: (gauge: Gauge<Label>) => Promise<void> | void
}

/** A process's metrics. Asking twice for one name gives the same metric. */
export interface Metrics {
  readonly registry: Registry
  counter<Label extends string>(options: MetricOptions<Label>): Counter<Label>
  gauge<Label extends string>(options: MetricOptions<Label>): Gauge<Label>
  histogram<Label extends string>(options: MetricOptions<Label>): Histogram<Label>
  /** The Prometheus text of all of them. */
  text(): Promise<string>
  readonly contentType: string
}

/** Seconds: from one millisecond to the longest that a request may take. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Labels never hold ids of people, tenants or things: their number must stay small. */
export function createMetrics({ name }: { readonly name: string }): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service: name })
  collectDefaultMetrics({ register: registry })

  const base = <Label extends string>({ name: metric, help, labels }: MetricOptions<Label>) => ({
    name: metric,
    help,
    labelNames: labels ?? [],
    registers: [registry],
  })

  return {
    registry,
    contentType: registry.contentType,
    counter: (options) =>
      (registry.getSingleMetric(options.name) as never) ?? new Counter(base(options)),

    gauge: (options) => {
      const known = registry.getSingleMetric(options.name)
      if (known) return known as never
      const { collect } = options
      const gauge: Gauge<never> = new Gauge({
        ...base(options),
        ...(collect ? { collect: (): Promise<void> | void => collect(gauge) } : {}),
      })
      return gauge
    },

    histogram: (options) =>
      (registry.getSingleMetric(options.name) as never) ??
      new Histogram({ ...base(options), buckets: [...(options.buckets ?? secondsBuckets)] }),

    text: () => registry.metrics(),
  }
}
