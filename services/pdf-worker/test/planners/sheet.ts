import { pageSizeOf } from '@atrium/contracts/planner/devices.ts'
import {
  otherDevice,
  plannerContent,
  widget,
  type PlannerSaid,
  type WidgetSaid,
} from '../planner-content.ts'

/*
 * How the planners of this folder are laid out: boxes within the safe margins of a device, cut into
 * rows and columns.
 */

export type Area = readonly [x: number, y: number, width: number, height: number]

export interface Sheet {
  readonly deviceId: string
  readonly page: { readonly width: number; readonly height: number }
  /** Within the safe margins. */
  readonly area: Area
}

export function sheetOf(deviceId: string): Sheet {
  const device = otherDevice(deviceId)
  const page = pageSizeOf(device)
  const [top = 0, right = 0, bottom = 0, left = 0] = device.safeMarginsPt
  const width = Math.floor(page.width - left - right)
  const height = Math.floor(page.height - top - bottom)
  return { deviceId, page, area: [left, top, width, height] }
}

/** A piece of an area, by its distances from the left and top. */
export const within = (
  [x, y, width, height]: Area,
  left: number,
  top: number,
  w = width - left,
  h = height - top,
): Area => [x + left, y + top, w, h]

/** Equal columns with gaps between them. */
export function columnsOf([x, y, width, height]: Area, count: number, gap = 0): readonly Area[] {
  const each = (width - gap * (count - 1)) / count
  return Array.from({ length: count }, (_, at) => [x + at * (each + gap), y, each, height] as const)
}

export function rowsOf([x, y, width, height]: Area, count: number, gap = 0): readonly Area[] {
  const each = (height - gap * (count - 1)) / count
  return Array.from({ length: count }, (_, at) => [x, y + at * (each + gap), width, each] as const)
}

type Said = Omit<WidgetSaid, 'id' | 'at'>
type Members = Readonly<Record<string, unknown>>

export const write = (
  id: string,
  at: Area,
  content: string,
  styling: Members = {},
  said: Said = {},
) => widget('text_block', { id, at, content, styling, ...said })

export const anchorOf = (destId: string) =>
  widget('anchor', { id: 'anchor', at: [0, 0, 10, 10], properties: { destId } })

export const linkTo = (
  id: string,
  at: Area,
  content: string,
  properties: Members,
  styling: Members = {},
) =>
  widget('internal_link', {
    id,
    at,
    content,
    properties,
    styling: { color: '#000000', textAlign: 'center', size: 11, ...styling },
  })

/** To what comes before or after. */
export const arrowTo = (id: string, at: Area, arrow: '‹' | '›', bind: string) =>
  linkTo(id, at, arrow, { bind }, { size: 18 })

export const rule = (id: string, [x, y, width]: Area, strokeColor = '#000000', lineWidth = 0.75) =>
  widget('divider', { id, at: [x, y, width, 2], styling: { strokeColor, lineWidth } })

export const ruled = (id: string, at: Area, properties: Members, strokeColor = '#888888') =>
  widget('lines', { id, at, properties, styling: { strokeColor } })

export const heading = { font: 'Helvetica-Bold', size: 18 }
export const label = { font: 'Helvetica-Bold', size: 10, color: '#555555' }

/** A planner for that device. */
export const plannerFor = (sheet: Sheet, name: string, said: PlannerSaid) =>
  plannerContent({
    ...said,
    metadata: { name, author: 'Atrium', deviceProfile: sheet.deviceId, ...said.metadata },
  })
