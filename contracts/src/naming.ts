import type { Context } from './context.ts'

/** `<context>.<aggregate>`: what stands before the first dash of a stream's name. */
export type Category = `${Context}.${string}`

/** `<context>.<aggregate>-<tenant>:<id>`. */
export const streamName = (category: Category, tenant: string, id: string) =>
  `${category}-${tenant}:${id}`

/** The parts of a stream's name, or undefined for a name of another shape. */
export function parseStreamName(name: string) {
  const match = /^([a-z-]+)\.([a-z]+(?:_[a-z]+)*)-([A-Za-z0-9_-]{1,64}):(.+)$/.exec(name)
  if (!match) return undefined
  const [, context = '', aggregate = '', tenant = '', id = ''] = match
  return { context, aggregate, tenant, id }
}

/** The NATS subject of one public event. */
export const subjectOf = (context: Context, tenant: string, type: string) =>
  `atrium.${context}.${tenant}.${type}`

/** Every public event of one context. */
export const subjectsOf = (context: Context) => `atrium.${context}.>`

/** The JetStream stream that keeps a context's public events for ever. */
export const jetStreamOf = (context: Context) =>
  `ATRIUM_${context.toUpperCase().replaceAll('-', '_')}`

/** The durable JetStream consumer that feeds one reaction of a context. */
export const consumerOf = (context: Context, reaction: string) => `${context}_${reaction}`
