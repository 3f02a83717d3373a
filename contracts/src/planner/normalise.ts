import {
  flag,
  integer,
  isEmpty,
  number,
  numberFrom,
  own,
  shapeColor,
  textFrom,
  type RawFields,
} from './fields.ts'
import { plannerLimits } from './limits.ts'
import type {
  Canvas,
  Counter,
  Master,
  Plan,
  Planner,
  PlannerMetadata,
  Section,
  Widget,
} from './planner.ts'
import { generateModes } from './project.ts'
import { widgetTypes } from './widget-fields.ts'

/**
 * The planner that the content means: defaults, ranges, numbers written as text, empty text and
 * null. Content that `checkPlanner` finds faults in gives a planner too, without the parts that
 * cannot be one; nothing throws. Doing it twice changes nothing.
 */
export function normalisePlanner(content: unknown): Planner {
  const raw = record(content)
  const links = record(own(raw, 'linkResolution'))
  return {
    id: textOf(raw, 'id'),
    metadata: metadataFrom(record(own(raw, 'metadata'))),
    masters: list(own(raw, 'masters')).map(masterFrom),
    plan: planFrom(record(own(raw, 'plan'))),
    linkResolution: {
      mode: textOf(links, 'mode', 'named_destinations'),
      generateOutlines: flag(true).read(own(links, 'generateOutlines')),
    },
    defaultCanvas: canvasFrom(record(own(raw, 'defaultCanvas'))),
  }
}

export const deviceByDefault = 'remarkable-2'

function metadataFrom(raw: RawFields): PlannerMetadata {
  return {
    name: textOf(raw, 'name', 'Planner'),
    description: textOf(raw, 'description'),
    category: textOf(raw, 'category', 'planner'),
    author: textOf(raw, 'author'),
    deviceProfile: textOf(raw, 'deviceProfile', deviceByDefault),
    isPublic: flag(false).read(own(raw, 'isPublic')),
    publicSlug: textFrom(own(raw, 'publicSlug')) ?? null,
    originalAuthor: textFrom(own(raw, 'originalAuthor')) ?? null,
    clonedFrom: textFrom(own(raw, 'clonedFrom')) ?? null,
    cloneCount: integer(0, { minimum: 0 }).read(own(raw, 'cloneCount')),
    createdAt: textFrom(own(raw, 'createdAt')) ?? null,
    updatedAt: textFrom(own(raw, 'updatedAt')) ?? null,
  }
}

function masterFrom(raw: RawFields): Master {
  return {
    name: textOf(raw, 'name'),
    description: textOf(raw, 'description'),
    widgets: list(own(raw, 'widgets')).flatMap(widgetFrom),
  }
}

function widgetFrom(raw: RawFields): Widget[] {
  const type = widgetTypes.find((each) => each === own(raw, 'type'))
  if (type === undefined) return []
  const position = record(own(raw, 'position'))
  const lengthOf = (side: string) => numberFrom(own(position, side)) ?? 0
  return [
    {
      id: textOf(raw, 'id'),
      type,
      position: {
        x: lengthOf('x'),
        y: lengthOf('y'),
        width: lengthOf('width'),
        height: lengthOf('height'),
      },
      content: textOf(raw, 'content'),
      styling: withoutEmpty(record(own(raw, 'styling'))),
      properties: withoutEmpty(record(own(raw, 'properties'))),
      backgroundColor: shapeColor(null).read(own(raw, 'backgroundColor')),
      zOrder: number(0).read(own(raw, 'zOrder')),
    },
  ]
}

function planFrom(raw: RawFields): Plan {
  const calendar = record(own(raw, 'calendar'))
  const pagesPerDay = pagesFrom(own(calendar, 'pagesPerDay'), 1)
  const sections = list(own(raw, 'sections')).map((each) => sectionFrom(each, pagesPerDay, 0))
  const order = own(raw, 'order')
  const named = (Array.isArray(order) ? order : []).filter((kind) => typeof kind === 'string')
  return {
    calendar: {
      startDate: textFrom(own(calendar, 'startDate')) ?? null,
      endDate: textFrom(own(calendar, 'endDate')) ?? null,
      pagesPerDay,
    },
    sections,
    order: named.length === 0 ? sections.map(({ kind }) => kind) : named,
    locale: textOf(raw, 'locale', 'en'),
  }
}

/** A day has as many pages as its section says, and where that says nothing, the calendar. */
function sectionFrom(raw: RawFields, pagesPerDay: number, depth: number): Section {
  const generate = generateModes.find((mode) => mode === own(raw, 'generate')) ?? 'once'
  const nested = depth < plannerLimits.nestingMax ? list(own(raw, 'nested')) : []
  return {
    kind: textOf(raw, 'kind'),
    master: textOf(raw, 'master'),
    generate,
    startDate: textFrom(own(raw, 'startDate')) ?? null,
    endDate: textFrom(own(raw, 'endDate')) ?? null,
    count: integer(1, { minimum: 0, maximum: plannerLimits.countMax }).read(own(raw, 'count')),
    pagesPerItem: pagesFrom(own(raw, 'pagesPerItem'), generate === 'each_day' ? pagesPerDay : 1),
    context: mapped(own(raw, 'context'), (value) => textFrom(value) ?? ''),
    counters: mapped(own(raw, 'counters'), counterFrom),
    nested: nested.map((each) => sectionFrom(each, pagesPerDay, depth + 1)),
  }
}

function counterFrom(value: unknown): Counter {
  const raw = record(value)
  return { start: number(1).read(own(raw, 'start')), step: number(1).read(own(raw, 'step')) }
}

function canvasFrom(raw: RawFields): Canvas {
  const dimensions = record(own(raw, 'dimensions'))
  const length = number(null, { minimum: 1, maximum: plannerLimits.lengthMaxPt })
  const width = length.read(own(dimensions, 'width'))
  const height = length.read(own(dimensions, 'height'))
  return {
    dimensions:
      width === null || height === null
        ? null
        : { width, height, margins: marginsFrom(own(dimensions, 'margins')) },
    background: textOf(raw, 'background', '#FFFFFF'),
    gridSize: number(10, { minimum: 1 }).read(own(raw, 'gridSize')),
    snapEnabled: flag(true).read(own(raw, 'snapEnabled')),
  }
}

function marginsFrom(given: unknown): readonly [number, number, number, number] | null {
  if (!Array.isArray(given)) return null
  const [top, right, bottom, left] = given.map(numberFrom)
  const isWhole = top !== undefined && right !== undefined && bottom !== undefined
  return isWhole && left !== undefined ? [top, right, bottom, left] : null
}

const pagesFrom = (given: unknown, fallback: number) =>
  integer(fallback, { minimum: 1, maximum: plannerLimits.pagesPerItemMax }).read(given)

const textOf = (raw: RawFields, name: string, fallback = '') => textFrom(own(raw, name)) ?? fallback

const withoutEmpty = (raw: RawFields): RawFields =>
  Object.fromEntries(Object.entries(raw).filter(([, value]) => !isEmpty(value)))

function mapped<Value>(given: unknown, valueOf: (value: unknown) => Value) {
  const entries = Object.entries(record(given)).map(([name, value]) => [name, valueOf(value)])
  return Object.fromEntries(entries) as Readonly<Record<string, Value>>
}

/** The object, or an empty one for anything else. */
function record(value: unknown): RawFields {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as RawFields) : {}
}

const list = (value: unknown): readonly RawFields[] =>
  Array.isArray(value) ? value.map(record) : []
