import { assetsEvents } from './assets/events.ts'
import { authEvents } from './auth/events.ts'
import type { Context } from './context.ts'
import type { EventDefinition } from './event.ts'
import { instancesEvents } from './instances/events.ts'
import { pdfEvents } from './pdf/events.ts'

/** Every event of every context. */
export const catalog: Readonly<Record<Context, readonly EventDefinition[]>> = {
  auth: authEvents,
  instances: instancesEvents,
  assets: assetsEvents,
  pdf: pdfEvents,
}

const byName: ReadonlyMap<string, ReadonlyMap<string, EventDefinition>> = new Map(
  Object.entries(catalog).map(([context, definitions]) => [
    context,
    new Map(definitions.map((definition) => [definition.type, definition])),
  ]),
)

/** The definition of an event type, or undefined for one that this version does not know. */
export const definitionOf = (context: string, type: string) => byName.get(context)?.get(type)

export const isPublic = (context: string, type: string) =>
  definitionOf(context, type)?.visibility === 'public'

/** The data of an event in its newest version. Data that is already newest is passed through. */
export function upcast(definition: EventDefinition, schemaVersion: number, data: unknown): unknown {
  let current = data as Record<string, unknown>
  for (const upcaster of definition.upcasters.slice(schemaVersion - 1)) current = upcaster(current)
  return current
}
