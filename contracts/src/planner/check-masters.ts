import { holdsToken, isBind, isDestination } from './bind.ts'
import { checkName, checkSpelling, checkText, pointerTo, type FaultList } from './fault-list.ts'
import {
  isEmpty,
  numberFrom,
  own,
  sentFor,
  shapeColor,
  texts,
  type Fields,
  type RawFields,
} from './fields.ts'
import { plannerLimits } from './limits.ts'
import { widgetFields, widgetTypes, type WidgetType } from './widget-fields.ts'

const { mastersMax, widgetsOfMasterMax, widgetsMax, lengthMaxPt, textLengthMax } = plannerLimits

/** Faults of the masters and their widgets. The names of the masters that there are. */
export function checkMasters(faults: FaultList, masters: unknown): ReadonlySet<string> {
  const names = new Set<string>()
  let widgetCount = 0
  const all = faults.array(masters, '/masters', { maximum: mastersMax })
  all.forEach((each, index) => {
    const place = `/masters/${index}`
    const master = faults.object(each, place)
    if (master === undefined) return
    const name = checkName(faults, master, 'name', place)
    if (name !== undefined && names.has(name)) {
      faults.add(`${place}/name`, 'duplicate', 'is the name of another master')
    }
    if (name !== undefined) names.add(name)
    checkText(faults, own(master, 'description'), `${place}/description`, textLengthMax)
    const limit = { maximum: widgetsOfMasterMax, isRequired: true }
    const widgets = faults.array(own(master, 'widgets'), `${place}/widgets`, limit)
    widgetCount += widgets.length
    const ids = new Set<string>()
    widgets.forEach((widget, at) => checkWidget(faults, widget, `${place}/widgets/${at}`, ids))
  })
  if (widgetCount > widgetsMax) {
    faults.add('/masters', 'too-many', `must have at most ${widgetsMax} widgets together`)
  }
  return names
}

function checkWidget(faults: FaultList, value: unknown, place: string, ids: Set<string>) {
  const widget = faults.object(value, place)
  if (widget === undefined) return
  checkSpelling(faults, widget, place, ['backgroundColor', 'zOrder'])
  checkWidgetId(faults, widget, place, ids)
  checkPosition(faults, own(widget, 'position'), `${place}/position`)
  checkText(faults, own(widget, 'content'), `${place}/content`, textLengthMax)
  const background = own(widget, 'backgroundColor')
  const fault = isEmpty(background) ? undefined : shapeColor(null).fault?.(background)
  if (fault) faults.add(`${place}/backgroundColor`, fault.code, fault.detail)
  const type = own(widget, 'type')
  const known = widgetTypes.find((each) => each === type)
  if (known === undefined) {
    const code = isEmpty(type) ? 'required' : 'not-allowed'
    faults.add(`${place}/type`, code, `must be one of ${widgetTypes.join(', ')}`)
    return
  }
  const styling = faults.optionalObject(own(widget, 'styling'), `${place}/styling`)
  checkFields(faults, styling, widgetFields[known].styling, `${place}/styling`)
  const properties = faults.optionalObject(own(widget, 'properties'), `${place}/properties`)
  checkFields(faults, properties, widgetFields[known].properties, `${place}/properties`)
  checkMeaning(faults, known, properties, `${place}/properties`)
}

function checkWidgetId(faults: FaultList, widget: RawFields, place: string, ids: Set<string>) {
  const id = checkName(faults, widget, 'id', place)
  if (id === undefined) return
  if (!/^[A-Za-z0-9_-]+$/.test(id)) {
    faults.add(`${place}/id`, 'wrong-format', 'must be of letters, digits, _ and -')
  }
  if (ids.has(id)) faults.add(`${place}/id`, 'duplicate', 'is the id of another widget')
  ids.add(id)
}

function checkPosition(faults: FaultList, value: unknown, place: string) {
  const position = faults.object(value, place)
  if (position === undefined) return
  for (const side of ['x', 'y', 'width', 'height']) {
    const sent = own(position, side)
    const length = numberFrom(sent)
    const isExtent = side === 'width' || side === 'height'
    const spot = `${place}/${side}`
    if (length === undefined) {
      const isMissing = isEmpty(sent)
      const detail = isMissing ? 'is missing' : 'must be a number'
      faults.add(spot, isMissing ? 'required' : 'wrong-type', detail)
    } else if (length < 0 || (isExtent && length === 0)) {
      faults.add(spot, 'too-small', isExtent ? 'must be more than 0' : 'must be at least 0')
    } else if (length > lengthMaxPt) {
      faults.add(spot, 'too-large', `must be at most ${lengthMaxPt}`)
    }
  }
}

function checkFields(faults: FaultList, raw: RawFields, fields: Fields, place: string) {
  checkSpelling(faults, raw, place, Object.keys(fields))
  for (const [name, field] of Object.entries(fields)) {
    const sent = sentFor(field, name, raw)
    const isOpen = typeof sent === 'string' && holdsToken(sent)
    const fault = isEmpty(sent) || isOpen ? undefined : field.fault?.(sent)
    if (fault) faults.add(pointerTo(place, name), fault.code, fault.detail)
    // Text may still hold tokens, but not without end.
    if (isOpen) checkText(faults, sent, pointerTo(place, name), textLengthMax)
  }
}

/** What a field's own form does not tell. */
function checkMeaning(faults: FaultList, type: WidgetType, raw: RawFields, place: string) {
  checkDestinations(faults, raw, place)
  if (type === 'tap_zone') checkTapAction(faults, own(raw, 'tapAction'), `${place}/tapAction`)
  if (type === 'link_list') checkList(faults, raw, place)
  if (type === 'image') checkImage(faults, raw, place)
}

function checkDestinations(faults: FaultList, raw: RawFields, place: string) {
  const bind = own(raw, 'bind')
  if (typeof bind === 'string' && bind !== '' && !isBind(bind)) {
    faults.add(`${place}/bind`, 'bind-syntax', 'must be name(argument), @name or a destination')
  }
  for (const field of ['toDest', 'destId']) {
    const name = own(raw, field)
    if (typeof name === 'string' && !isDestination(name)) {
      faults.add(`${place}/${field}`, 'wrong-format', wrongDestination)
    }
  }
}

const wrongDestination =
  'must be of 2 to 128 letters, digits, :, _, - and #, a letter or digit first'

export const tapActions = ['page_link', 'next_page', 'prev_page'] as const

function checkTapAction(faults: FaultList, action: unknown, place: string) {
  if (isEmpty(action) || (typeof action === 'string' && holdsToken(action))) return
  if (!tapActions.some((each) => each === action)) {
    faults.add(place, 'not-allowed', `must be one of ${tapActions.join(', ')}`)
  }
}

function checkList(faults: FaultList, raw: RawFields, place: string) {
  const labels = texts.read(own(raw, 'labels'))
  const destinations = texts.read(own(raw, 'destinations'))
  if (labels.length !== destinations.length) {
    const detail = `has ${destinations.length} items for ${labels.length} labels`
    faults.add(`${place}/destinations`, 'lengths-differ', detail)
  }
  destinations.forEach((name, index) => {
    if (isDestination(name)) return
    faults.add(`${place}/destinations/${index}`, 'wrong-format', wrongDestination)
  })
}

/** Pictures are assets: inside a project they would be copied with every version of it. */
function checkImage(faults: FaultList, raw: RawFields, place: string) {
  if (!isEmpty(own(raw, 'imageData'))) {
    faults.add(`${place}/imageData`, 'not-an-asset', 'must be uploaded, and named as assetId')
  }
  const assetId = own(raw, 'assetId')
  if (isEmpty(assetId) || (typeof assetId === 'string' && /^ast_[0-9a-f]{32}$/.test(assetId))) {
    return
  }
  faults.add(`${place}/assetId`, 'wrong-format', 'must be the id of an asset')
}
