import { isEmpty, sentFor, type Field, type Fields } from '@atrium/contracts/planner/fields.ts'
import type { Widget } from '@atrium/contracts/planner/planner.ts'
import { widgetFields } from '@atrium/contracts/planner/widget-fields.ts'
import { setting, type Fault, type WidgetRule } from './finding.ts'
import { brightnessOf, greyHex, isGrey, nearestLevel, rgbOf } from './grey.ts'

/** A device without colours shows greys: which, the design should say, not the device. */
export const color: WidgetRule = (linted, { device }) => {
  if (device.color) return []
  return colorsOf(linted.widget).flatMap(({ field, said }): Fault[] => {
    const rgb = rgbOf(said)
    if (rgb === undefined || isGrey(rgb)) return []
    const grey = greyHex(brightnessOf(rgb))
    const changes = [setting(linted, field, grey)]
    return [{ widget: linted, field, rule: 'color', value: said, limit: 'grey', changes }]
  })
}

/** A grey that the device does not have becomes its neighbour, or a pattern of two. */
export const greyLevels: WidgetRule = (linted, { device }) =>
  colorsOf(linted.widget).flatMap(({ field, said }): Fault[] => {
    const rgb = rgbOf(said)
    if (rgb === undefined || !isGrey(rgb)) return []
    const level = nearestLevel(rgb[0], device.greyLevels)
    if (level === rgb[0]) return []
    const changes = [setting(linted, field, greyHex(level))]
    const limit = device.greyLevels
    return [{ widget: linted, field, rule: 'grey_levels', value: said, limit, changes }]
  })

interface SaidColor {
  readonly field: string
  readonly said: string
}

/** The colours that a widget names itself, those of its fields by the names they are read by. */
function colorsOf({ type, styling, properties, backgroundColor }: Widget): readonly SaidColor[] {
  const fields = widgetFields[type]
  const read = (group: 'styling' | 'properties', declared: Fields) =>
    Object.entries(declared).flatMap(([name, field]): SaidColor[] => {
      const said = sentFor(field, name, group === 'styling' ? styling : properties)
      const isColor = !isEmpty(said) && namesColor(field)
      return isColor && typeof said === 'string' ? [{ field: `/${group}/${name}`, said }] : []
    })
  return [
    ...(backgroundColor === null ? [] : [{ field: '/backgroundColor', said: backgroundColor }]),
    ...read('styling', fields.styling),
    ...read('properties', fields.properties),
  ]
}

/** Only a colour's field finds fault with a word that is none. */
const namesColor = (field: Field<unknown>) => field.fault?.('no colour')?.code === 'wrong-format'
