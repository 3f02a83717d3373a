import { Type, type Static, type TObject, type TSchema } from 'typebox'
import type { Context } from './context.ts'

/** Turns the data of one version of an event into the data of the next version. */
export type Upcaster = (data: Record<string, unknown>) => Record<string, unknown>

/**
 * One kind of event, spelled once: its name on the wire, its newest schema, and how data of older
 * versions becomes the newest. Only `public` events leave their context.
 */
export interface EventDefinition<Name extends string = string, Data extends TObject = TObject> {
  readonly context: Context
  readonly type: Name
  readonly version: number
  readonly visibility: 'public' | 'private'
  readonly summary: string
  readonly data: Data
  /** Fields of `data` that are not published: marked by `withheld`. */
  readonly withheld: readonly string[]
  /** `upcasters[0]` takes version 1 to version 2, and so on: exactly `version - 1` of them. */
  readonly upcasters: readonly Upcaster[]
}

/** What domain code sees of an event: its name and its data in the newest version. */
export type EventOf<Definition> =
  Definition extends EventDefinition<infer Name, infer Data>
    ? { readonly type: Name; readonly data: Static<Data> }
    : never

export function defineEvent<const Name extends string, Data extends TObject>(definition: {
  context: Context
  type: Name
  version?: number
  visibility: 'public' | 'private'
  summary: string
  data: Data
  upcasters?: readonly Upcaster[]
}): EventDefinition<Name, Data> {
  const { version = 1, upcasters = [] } = definition
  if (upcasters.length !== version - 1) {
    throw new Error(`${definition.type} v${version} needs ${version - 1} upcasters`)
  }
  return { ...definition, version, upcasters, withheld: withheldFields(definition.data) }
}

/**
 * Marks a field as personal data. `subject` names the field of the same event that holds the id of
 * the person it is about. Logs, metrics and problems never show such a field.
 */
export function personal<Schema extends TSchema>(schema: Schema, subject: string): Schema {
  return { ...schema, 'x-personal': { subject } }
}

/** The personal fields of an event's data: field name and the field that names whose it is. */
export function personalFields(data: TObject): { field: string; subject: string }[] {
  return Object.entries(data.properties).flatMap(([field, schema]) => {
    const mark = (schema as { 'x-personal'?: { subject: string } })['x-personal']
    return mark ? [{ field, subject: mark.subject }] : []
  })
}

/**
 * Marks a field that stays in its context's own log: the relay publishes the event without it. So a
 * public event can say what was done to a document, and no other context learns the document by it.
 * Always optional, since others never see it.
 */
export function withheld<Schema extends TSchema>(schema: Schema) {
  const marked: Schema = { ...schema, 'x-withheld': true }
  return Type.Optional(marked)
}

const withheldFields = ({ properties }: TObject): readonly string[] =>
  Object.entries(properties).flatMap(([field, schema]) => ('x-withheld' in schema ? [field] : []))

/** An event's data object: closed, so that an unknown field is a fault and not a passenger. */
export function eventData<Properties extends Record<string, TSchema>>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false })
}
