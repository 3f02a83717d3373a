import type { EventOf } from '@atrium/contracts/event.ts'
import type { ListingEvent } from '@atrium/contracts/pdf/events.ts'
import type { plannerPublished } from '@atrium/contracts/pdf/gallery-events.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { Rejection } from '@atrium/platform/rejection.ts'

/*
 * What is published under a slug of a tenant. The slug is the stream's name, so two planners never
 * have one slug; it is free again once its planner is unpublished.
 */

export type Published = EventOf<typeof plannerPublished>['data']

interface Slug {
  /** Unpublished, with bytes that are still kept; by the publication's id. */
  readonly retired: ReadonlyMap<string, Retired>
}

type Retired = Pick<Published, 'publicationId' | 'slug' | 'ownerId'>

export type ListingState =
  | (Slug & { readonly status: 'free' })
  | (Slug & {
      readonly status: 'published'
      readonly publication: Published
      /** Copies that were made of it. */
      readonly cloneIds: ReadonlySet<string>
    })

export type ListingCommand =
  PublishPlanner | UnpublishPlanner | WithdrawPlanner | NoteCloned | NoteErased

interface Command {
  readonly at: string
}

export interface PublishPlanner extends Command {
  readonly type: 'PublishPlanner'
  readonly publication: Published
}

export interface UnpublishPlanner extends Command {
  readonly type: 'UnpublishPlanner'
  readonly ownerId: string
}

/** Its project is gone for good. Does nothing where something else is published by now. */
export interface WithdrawPlanner extends Command {
  readonly type: 'WithdrawPlanner'
  readonly publicationId: string
}

export interface NoteCloned extends Command {
  readonly type: 'NoteCloned'
  readonly publicationId: string
  readonly cloneId: string
}

export interface NoteErased extends Command {
  readonly type: 'NoteErased'
  readonly publicationId: string
}

export const listing: Decider<ListingState, ListingCommand, ListingEvent> = {
  initialState: { status: 'free', retired: new Map() },
  decide,
  evolve,
}

function decide(command: ListingCommand, state: ListingState): readonly ListingEvent[] {
  switch (command.type) {
    case 'PublishPlanner': {
      const { publication } = command
      if (state.status === 'free') return [{ type: 'PlannerPublished', data: publication }]
      throw new Rejection('slug-taken')
    }
    case 'UnpublishPlanner':
      if (state.status === 'free') throw new Rejection('not-found')
      if (state.publication.ownerId !== command.ownerId) throw new Rejection('permission-denied')
      return [unpublished(state.publication, command.at)]
    case 'WithdrawPlanner':
      return isThat(command, state) ? [unpublished(state.publication, command.at)] : []
    case 'NoteErased': {
      const retired = state.retired.get(command.publicationId)
      if (!retired) return []
      return [{ type: 'PublicationErased', data: { ...retired, erasedAt: command.at } }]
    }
    case 'NoteCloned': {
      const { cloneId, at } = command
      if (!isThat(command, state) || state.cloneIds.has(cloneId)) return []
      const data = { ...keys(state.publication), cloneId, clonedAt: at }
      return [{ type: 'PlannerCloned', data }]
    }
  }
}

const isThat = (
  { publicationId }: { readonly publicationId: string },
  state: ListingState,
): state is Extract<ListingState, { status: 'published' }> =>
  state.status === 'published' && state.publication.publicationId === publicationId

const unpublished = (publication: Published, at: string): ListingEvent => ({
  type: 'PlannerUnpublished',
  data: { ...keys(publication), unpublishedAt: at },
})

const keys = ({ publicationId, slug, ownerId }: Published) => ({ publicationId, slug, ownerId })

function evolve(state: ListingState, event: ListingEvent): ListingState {
  const { retired } = state
  switch (event.type) {
    case 'PlannerPublished':
      return { status: 'published', publication: event.data, cloneIds: new Set(), retired }
    case 'PlannerUnpublished': {
      const { unpublishedAt: _, ...publication } = event.data
      const { publicationId } = publication
      return { status: 'free', retired: new Map(retired).set(publicationId, publication) }
    }
    case 'PlannerCloned': {
      if (state.status === 'free') return state
      return { ...state, cloneIds: new Set(state.cloneIds).add(event.data.cloneId) }
    }
    case 'PublicationErased': {
      const left = new Map(retired)
      left.delete(event.data.publicationId)
      return { ...state, retired: left }
    }
  }
}
