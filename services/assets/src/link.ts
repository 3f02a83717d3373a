import type { LinkEvent } from '@atrium/contracts/assets/link-events.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { Rejection } from '@atrium/platform/rejection.ts'

/*
 * A link by which an asset is read without a token. Its stream counts the downloads, so that a
 * limit holds exactly, however many come at once.
 */

export type LinkState = { readonly status: 'none' } | OpenLink | { readonly status: 'revoked' }

export interface OpenLink {
  readonly status: 'open'
  readonly linkId: string
  readonly assetId: string
  readonly instanceId: string
  readonly ownerId: string
  readonly createdAt: string
  readonly expiresAt: string
  readonly downloadsMax: number | undefined
  readonly downloads: number
  readonly downloadedAt: string | undefined
}

export type LinkCommand = CreateLink | ReadByLink | RevokeLink

export interface CreateLink {
  readonly type: 'CreateLink'
  readonly linkId: string
  readonly assetId: string
  readonly instanceId: string
  readonly ownerId: string
  readonly at: string
  readonly expiresAt: string
  readonly downloadsMax?: number
}

/**
 * Refused where the link leads nowhere, is too old, or was used up. A read from the first byte is a
 * download. One from a later byte goes on with the last download, which a link that is used up
 * still allows for a while; without any such download it is one itself.
 */
export interface ReadByLink {
  readonly type: 'ReadByLink'
  readonly at: string
  /** `nothing`: only what is known of it, or that it did not change. */
  readonly reads: 'from-start' | 'from-later' | 'nothing'
}

export interface RevokeLink {
  readonly type: 'RevokeLink'
  readonly ownerId: string
  readonly assetId: string
  readonly at: string
}

/** How long after a download began a later part of it can be asked for. */
const resumeWithinMs = 15 * 60_000

export const link: Decider<LinkState, LinkCommand, LinkEvent> = {
  initialState: { status: 'none' },
  decide,
  evolve,
}

function decide(command: LinkCommand, state: LinkState): readonly LinkEvent[] {
  switch (command.type) {
    case 'CreateLink':
      return create(command, state)
    case 'ReadByLink':
      return read(command, state)
    case 'RevokeLink':
      return revoke(command, state)
  }
}

function create(command: CreateLink, state: LinkState): readonly LinkEvent[] {
  const { linkId, assetId, instanceId, ownerId, at, expiresAt, downloadsMax } = command
  if (state.status !== 'none') return []
  return [
    {
      type: 'LinkCreated',
      data: {
        linkId,
        assetId,
        instanceId,
        ownerId,
        ...(downloadsMax === undefined ? {} : { downloadsMax }),
        createdAt: at,
        expiresAt,
      },
    },
  ]
}

function read({ at, reads }: ReadByLink, state: LinkState): readonly LinkEvent[] {
  if (state.status !== 'open') throw new Rejection('not-found')
  const { expiresAt, downloads, downloadsMax, downloadedAt } = state
  if (Date.parse(at) >= Date.parse(expiresAt)) throw new Rejection('link-expired')
  if (reads === 'nothing') return []
  const goesOn =
    reads === 'from-later' &&
    downloadedAt !== undefined &&
    Date.parse(at) - Date.parse(downloadedAt) < resumeWithinMs
  if (goesOn) return []
  if (downloadsMax !== undefined && downloads >= downloadsMax) throw new Rejection('link-expired')
  const { linkId, assetId, instanceId, ownerId } = state
  const which = { linkId, assetId, instanceId, ownerId }
  return [{ type: 'LinkDownloaded', data: { ...which, downloadedAt: at } }]
}

function revoke(command: RevokeLink, state: LinkState): readonly LinkEvent[] {
  const { ownerId, assetId, at } = command
  const isOpen = state.status === 'open'
  if (!isOpen || state.ownerId !== ownerId || state.assetId !== assetId) {
    throw new Rejection('not-found')
  }
  const which = { linkId: state.linkId, assetId, instanceId: state.instanceId, ownerId }
  return [{ type: 'LinkRevoked', data: { ...which, revokedAt: at } }]
}

function evolve(state: LinkState, event: LinkEvent): LinkState {
  switch (event.type) {
    case 'LinkCreated': {
      const { linkId, assetId, instanceId, ownerId, createdAt, expiresAt } = event.data
      return {
        status: 'open',
        linkId,
        assetId,
        instanceId,
        ownerId,
        createdAt,
        expiresAt,
        downloadsMax: event.data.downloadsMax,
        downloads: 0,
        downloadedAt: undefined,
      }
    }
    case 'LinkDownloaded': {
      if (state.status !== 'open') return state
      const { downloadedAt } = event.data
      return { ...state, downloads: state.downloads + 1, downloadedAt }
    }
    case 'LinkRevoked':
      return { status: 'revoked' }
  }
}
