import type { EventOf } from '../event.ts'
import { deviceEvents } from './device-events.ts'
import { cloneEvents, listingEvents } from './gallery-events.ts'
import { jobEvents } from './job-events.ts'
import { quotaEvents, resultEvents, sourceEvents } from './store-events.ts'

export const pdfEvents = [
  ...jobEvents,
  ...quotaEvents,
  ...resultEvents,
  ...sourceEvents,
  ...deviceEvents,
  ...listingEvents,
  ...cloneEvents,
] as const

export type PdfEvent = EventOf<(typeof pdfEvents)[number]>
export type JobEvent = EventOf<(typeof jobEvents)[number]>
export type QuotaEvent = EventOf<(typeof quotaEvents)[number]>
export type ResultEvent = EventOf<(typeof resultEvents)[number]>
export type SourceEvent = EventOf<(typeof sourceEvents)[number]>
export type DeviceEvent = EventOf<(typeof deviceEvents)[number]>
export type ListingEvent = EventOf<(typeof listingEvents)[number]>
export type CloneEvent = EventOf<(typeof cloneEvents)[number]>
