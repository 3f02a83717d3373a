import { definitionOf, upcast } from '@atrium/contracts/catalog.ts'
import type { Context } from '@atrium/contracts/context.ts'
import type { EventDefinition } from '@atrium/contracts/event.ts'
import { Compile } from 'typebox/compile'
import type { RecordedEvent } from '../event-store/port.ts'
import type { DomainEvent } from './decider.ts'

/**
 * A recorded event as the domain knows it: its data in the newest version. Undefined for a type
 * that this version of the code does not know: an older process beside a newer one passes it over.
 */
export function decode(context: Context, event: RecordedEvent): DomainEvent | undefined {
  const definition = definitionOf(context, event.type)
  if (!definition) return undefined
  // Metadata is parsed only where a version before the newest exists: folding stays cheap.
  if (definition.version === 1) return event
  const data = upcast(definition, event.metadata.schemaVersion, event.data)
  return { type: event.type, data }
}

/** Checks that an event may be written as it is. Each schema is compiled once, when first used. */
export function createEventCheck(context: Context) {
  const compiled = new Map<
    string,
    { definition: EventDefinition; check: ReturnType<typeof Compile> }
  >()

  /**
   * The event's definition. Throws for an unknown type or data that breaks its schema: a defect.
   */
  return (event: DomainEvent): EventDefinition => {
    let known = compiled.get(event.type)
    if (!known) {
      const definition = definitionOf(context, event.type)
      if (!definition) throw new Error(`${context} has no event ${event.type}`)
      known = { definition, check: Compile(definition.data) }
      compiled.set(event.type, known)
    }
    if (!known.check.Check(event.data)) {
      const places = known.check.Errors(event.data).map((error) => error.instancePath)
      throw new Error(`${event.type} breaks its schema at ${places.join(', ')}`)
    }
    return known.definition
  }
}
