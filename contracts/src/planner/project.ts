import { Type, type Static, type TSchema } from 'typebox'
import { flag, integer, number, shapeColor, text, type Fields } from './fields.ts'
import { plannerLimits } from './limits.ts'
import { widgetFields, widgetTypes, type WidgetType } from './widget-fields.ts'

/*
 * The content of a planner project, as clients send it and as it is kept. Masters need a name and
 * widgets; widgets an id, a type and a position; sections a kind, a master and a mode. All else has
 * a default, numbers may be text, and null or empty text says "as usual". Unknown fields are kept
 * and mean nothing. `validate.ts` tells every fault; `normalise.ts` fills in what was left out.
 */

const { nameLengthMax, textLengthMax } = plannerLimits

const name = Type.String({ minLength: 1, maxLength: nameLengthMax })
const optional = (schema: TSchema) => Type.Optional(schema)
const loose = optional(text().schema)
const date = optional(
  Type.Union([
    Type.String({ pattern: '^(\\d{4}-\\d{2}-\\d{2})?$', description: 'YYYY-MM-DD' }),
    Type.Null(),
  ]),
)
const amount = Type.Union([Type.Number(), Type.String()])

const schemaOf = (fields: Fields) =>
  Type.Object(
    Object.fromEntries(
      Object.entries(fields).map(([field, { schema }]) => [field, optional(schema)]),
    ),
  )

const widgetSchemaOf = (type: WidgetType) =>
  Type.Object(
    {
      id: Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: nameLengthMax }),
      type: Type.Literal(type),
      position: Type.Object({ x: amount, y: amount, width: amount, height: amount }),
      content: loose,
      styling: optional(Type.Union([schemaOf(widgetFields[type].styling), Type.Null()])),
      properties: optional(Type.Union([schemaOf(widgetFields[type].properties), Type.Null()])),
      backgroundColor: optional(shapeColor(null).schema),
      zOrder: optional(number(0).schema),
    },
    { title: type },
  )

const Master = Type.Object({
  name,
  description: loose,
  widgets: Type.Array(Type.Union(widgetTypes.map(widgetSchemaOf)), {
    maxItems: plannerLimits.widgetsOfMasterMax,
  }),
})

export const generateModes = ['once', 'each_day', 'each_week', 'each_month', 'count'] as const
export type GenerateMode = (typeof generateModes)[number]

const variableName = '^[A-Za-z_][A-Za-z0-9_]*$'

const Counter = Type.Object({
  start: optional(number(1).schema),
  step: optional(number(1).schema),
})

/** Sections with so many levels below them. */
const sectionSchemaOf = (levels: number): TSchema =>
  Type.Object({
    kind: name,
    master: Type.String({ description: 'The name of a master.' }),
    generate: Type.Union(generateModes.map((mode) => Type.Literal(mode))),
    startDate: date,
    endDate: date,
    count: optional(integer(1).schema),
    pagesPerItem: optional(integer(1).schema),
    context: optional(
      Type.Union([Type.Record(Type.String({ pattern: variableName }), text().schema), Type.Null()]),
    ),
    counters: optional(
      Type.Union([Type.Record(Type.String({ pattern: variableName }), Counter), Type.Null()]),
    ),
    nested: optional(
      Type.Union([
        levels === 0
          ? Type.Array(Type.Unknown(), { maxItems: 0 })
          : Type.Array(sectionSchemaOf(levels - 1)),
        Type.Null(),
      ]),
    ),
  })

const Plan = Type.Object({
  calendar: optional(
    Type.Union([
      Type.Object({ startDate: date, endDate: date, pagesPerDay: optional(integer(1).schema) }),
      Type.Null(),
    ]),
  ),
  sections: optional(
    Type.Union([Type.Array(sectionSchemaOf(plannerLimits.nestingMax)), Type.Null()]),
  ),
  order: optional(
    Type.Union([Type.Array(Type.String(), { maxItems: plannerLimits.orderMax }), Type.Null()], {
      description: 'Exactly the kinds of the top level; one named twice is drawn twice.',
    }),
  ),
  locale: loose,
})

const Metadata = Type.Object({
  name: loose,
  description: loose,
  category: loose,
  author: loose,
  deviceProfile: loose,
  isPublic: optional(flag(false).schema),
  publicSlug: loose,
  originalAuthor: loose,
  clonedFrom: loose,
  cloneCount: optional(integer(0).schema),
  createdAt: loose,
  updatedAt: loose,
})

const Canvas = Type.Object({
  dimensions: optional(
    Type.Union([
      Type.Object({
        width: optional(number(null).schema),
        height: optional(number(null).schema),
        margins: optional(Type.Union([Type.Array(number(0).schema), Type.Null()])),
      }),
      Type.Null(),
    ]),
  ),
  coordinateSystem: loose,
  background: loose,
  gridSize: optional(number(10).schema),
  snapEnabled: optional(flag(true).schema),
})

export const PlannerContent = Type.Object(
  {
    id: loose,
    metadata: optional(Type.Union([Metadata, Type.Null()])),
    masters: optional(
      Type.Union([Type.Array(Master, { maxItems: plannerLimits.mastersMax }), Type.Null()]),
    ),
    plan: optional(Type.Union([Plan, Type.Null()])),
    linkResolution: optional(
      Type.Union([
        Type.Object({ mode: loose, generateOutlines: optional(flag(true).schema) }),
        Type.Null(),
      ]),
    ),
    defaultCanvas: optional(Type.Union([Canvas, Type.Null()])),
  },
  { description: `A planner for an e-ink device. A text has at most ${textLengthMax} characters.` },
)
export type PlannerContent = Static<typeof PlannerContent>
