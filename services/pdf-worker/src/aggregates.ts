import type {
  CloneEvent,
  DeviceEvent,
  JobEvent,
  ListingEvent,
  QuotaEvent,
  ResultEvent,
  SourceEvent,
} from '@atrium/contracts/pdf/events.ts'
import { createAggregate, type Aggregate } from '@atrium/platform/decider/aggregate.ts'
import type { EventStore } from '@atrium/platform/event-store/port.ts'
import { clone, type CloneCommand, type CloneState } from './clone.ts'
import { job, type JobCommand, type JobState } from './job.ts'
import { listing, type ListingCommand, type ListingState } from './listing.ts'
import { quota, type QuotaCommand, type QuotaState } from './quota.ts'
import { result, type ResultCommand, type ResultState } from './result.ts'
import { shelf, type ShelfCommand, type ShelfState } from './shelf.ts'
import { source, type SourceCommand, type SourceState } from './source.ts'

export type Jobs = Aggregate<JobState, JobCommand, JobEvent>
export type Quotas = Aggregate<QuotaState, QuotaCommand, QuotaEvent>
export type Results = Aggregate<ResultState, ResultCommand, ResultEvent>
export type Shelves = Aggregate<ShelfState, ShelfCommand, DeviceEvent>
export type Listings = Aggregate<ListingState, ListingCommand, ListingEvent>
export type Clones = Aggregate<CloneState, CloneCommand, CloneEvent>
export type Sources = Aggregate<SourceState, SourceCommand, SourceEvent>

/** Everything that decides in this context, each on streams of its own name. */
export interface Aggregates {
  readonly jobs: Jobs
  readonly quotas: Quotas
  readonly results: Results
  readonly sources: Sources
  readonly shelves: Shelves
  readonly listings: Listings
  readonly clones: Clones
}

export function createAggregates(store: EventStore): Aggregates {
  const context = 'pdf'
  return {
    jobs: createAggregate({ store, context, name: 'job', decider: job }),
    quotas: createAggregate({ store, context, name: 'quota', decider: quota }),
    results: createAggregate({ store, context, name: 'result', decider: result }),
    sources: createAggregate({ store, context, name: 'source', decider: source }),
    shelves: createAggregate({ store, context, name: 'shelf', decider: shelf }),
    listings: createAggregate({ store, context, name: 'listing', decider: listing }),
    clones: createAggregate({ store, context, name: 'clone', decider: clone }),
  }
}
