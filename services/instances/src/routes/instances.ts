import type { InstancesEvent } from '@atrium/contracts/instances/events.ts'
import * as contract from '@atrium/contracts/instances/http.ts'
import type { Database } from '@atrium/platform/database/database.ts'
import type { Aggregate } from '@atrium/platform/decider/aggregate.ts'
import type { Exchange } from '@atrium/platform/http/exchange.ts'
import { cursorFrom, pageOf } from '@atrium/platform/http/page.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import type { OwnerCommand, OwnerState } from '../owner.ts'
import { findInstance, listInstances } from '../projections/instance-list/query.ts'

export interface Deps {
  readonly owners: Aggregate<OwnerState, OwnerCommand, InstancesEvent>
  readonly database: Database
  readonly instancesMax: number
  readonly retentionMs: number
}
