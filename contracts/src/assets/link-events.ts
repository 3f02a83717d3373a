import { Type } from 'typebox'
import { defineEvent, eventData, type EventOf } from '../event.ts'
import { AssetId, InstanceId, LinkId, Timestamp, UserId } from '../schema.ts'

// One stream per link, assets.link-<tenant>:<linkId>: its downloads are counted exactly there.

const context = 'assets'
const which = { linkId: LinkId, assetId: AssetId, instanceId: InstanceId, ownerId: UserId }

export const linkCreated = defineEvent({
  context,
  type: 'LinkCreated',
  visibility: 'private',
  summary: 'Whoever has the link may read the asset until expiresAt.',
  data: eventData({
    ...which,
    downloadsMax: Type.Optional(Type.Integer({ minimum: 1 })),
    createdAt: Timestamp,
    expiresAt: Timestamp,
  }),
})

export const linkDownloaded = defineEvent({
  context,
  type: 'LinkDownloaded',
  visibility: 'private',
  summary: 'Somebody began to read by the link.',
  data: eventData({ ...which, downloadedAt: Timestamp }),
})

export const linkRevoked = defineEvent({
  context,
  type: 'LinkRevoked',
  visibility: 'private',
  summary: 'The link leads nowhere any more.',
  data: eventData({ ...which, revokedAt: Timestamp }),
})

export const linkEvents = [linkCreated, linkDownloaded, linkRevoked] as const

export type LinkEvent = EventOf<(typeof linkEvents)[number]>
