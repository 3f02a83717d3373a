import { readFields, type ValuesOf } from '@atrium/contracts/planner/fields.ts'
import { widgetFields } from '@atrium/contracts/planner/widget-fields.ts'
import { destinationOf, destinationOfBind, type DestinationName } from './bind.ts'
import { padded } from './day-range.ts'
import type { LocaleNames } from './locale-names.ts'
import {
  placed,
  textStyleOf,
  type PartLink,
  type ResolveContext,
  type Resolver,
} from './resolve.ts'
import type { TokenValue } from './token-format.ts'
import { fillIn, fillInNumbers, ownBefore } from './tokens.ts'

type Given = ValuesOf<(typeof widgetFields)['link_list']['properties']>

export const resolveLinkList: Resolver = ({ widget, properties }, context) => {
  const fields = widgetFields.link_list
  const given = readFields(fields.properties, properties)
  const items = itemsOf(given, context)
  context.parts.spend(items.length)
  return {
    drawn: {
      ...placed(widget),
      type: 'link_list',
      columns: given.columns,
      gapX: given.gapX,
      gapY: given.gapY,
      itemHeight: given.itemHeight,
      orientation: given.orientation,
      style: textStyleOf(readFields(fields.styling, widget.styling)),
      items: items.map(({ text, destination }, index) => {
        if (destination.kind === 'outside') return null
        const isHighlighted = given.highlightIndex === index + 1
        return { text, fillColor: isHighlighted ? given.highlightColor : given.backgroundColor }
      }),
    },
    links: items.flatMap((item, part) => linkOf(item, part)),
  }
}

interface Item {
  readonly text: string
  readonly destination: DestinationName
  readonly field: string
}

function itemsOf(given: Given, context: ResolveContext): readonly Item[] {
  const { labels, destinations, bind } = given
  if (labels.length === 0 && bind !== '') return itemsFromTemplate(given, context)
  return labels.slice(0, destinations.length).map((text, index) => ({
    text,
    destination: destinationOf(destinations[index] ?? ''),
    field: `destinations/${index}`,
  }))
}

/** The older form: so many items from one label and one bind, by their index. */
function itemsFromTemplate(given: Given, context: ResolveContext): readonly Item[] {
  return Array.from({ length: given.count }, (_, offset) => {
    const own = indexTokens(given.startIndex + offset, given.indexPad, context.names)
    const tokens = ownBefore(own, context.tokens)
    return {
      text: fillInNumbers(fillIn(given.labelTemplate, tokens, context.text), context.numbers),
      destination: destinationOfBind(given.bind, tokens, context.text),
      field: 'bind',
    }
  })
}

const indexTokens = (index: number, digits: number, { months }: LocaleNames) =>
  new Map<string, TokenValue>([
    ['index', index],
    ['index_padded', padded(index, digits)],
    ['month_name', months.long[index - 1] ?? ''],
    ['month_abbr', months.short[index - 1] ?? ''],
    ['month_padded', padded(index, 2)],
  ])

function linkOf({ destination, field }: Item, part: number): PartLink[] {
  if (destination.kind === 'outside') return []
  const text = destination.kind === 'name' ? destination.name : destination.text
  return [{ part, field, leads: { kind: 'named', text } }]
}
