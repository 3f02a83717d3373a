import type { UploadEvent } from '@atrium/contracts/assets/upload-events.ts'
import type { Decider } from '@atrium/platform/decider/decider.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { isPast } from './storage-state.ts'

/*
 * A resumable upload: one file that comes piece by piece, over days and processes. How far it has
 * come is what its stage in the blob store keeps; here it is decided whether it may still become an
 * asset. Once all of it was received nobody but the storage itself can refuse it any more, so that
 * a client that is told so can go away.
 */

export type UploadState = { readonly status: 'none' } | UploadSession

export type UploadSession = SessionData &
  (
    | { readonly status: 'open' }
    | { readonly status: 'received'; readonly content: ReceivedContent }
    | { readonly status: 'finished' }
    | {
        readonly status: 'ended'
        readonly reason: 'refused' | 'terminated' | 'expired'
        /** Of a refusal: that of the problem. */
        readonly code: string | undefined
        /** Where all of it had been received. */
        readonly content: ReceivedContent | undefined
        /** Neither bytes nor reserved room are left of it. */
        readonly isCleared: boolean
      }
  )

interface SessionData {
  /** The asset has the same id. */
  readonly uploadId: string
  readonly ownerId: string
  readonly instanceId: string
  readonly projectId: string | undefined
  readonly reservationId: string
  readonly name: string
  readonly sizeBytes: number
  /** Upload-Metadata as it came. */
  readonly metadata: string | undefined
  readonly expiresAt: string
}

/** What the bytes are. */
export interface ReceivedContent {
  readonly sha256: string
  readonly mediaType: string
  readonly width?: number
  readonly height?: number
}

export type UploadCommand =
  | CreateUpload
  | ReceiveUpload
  | FinishUpload
  | RefuseUpload
  | TerminateUpload
  | ExpireUpload
  | ClearUpload

interface Command {
  readonly at: string
}

export interface CreateUpload extends Command {
  readonly type: 'CreateUpload'
  readonly uploadId: string
  readonly ownerId: string
  readonly instanceId: string
  readonly projectId?: string
  readonly reservationId: string
  readonly name: string
  readonly sizeBytes: number
  readonly metadata?: string
  readonly expiresAt: string
}

/** Refused where the upload was ended meanwhile. Its time may be over: all of it is there. */
export interface ReceiveUpload extends Command {
  readonly type: 'ReceiveUpload'
  readonly content: ReceivedContent
}

/** The storage has the asset. */
export interface FinishUpload extends Command {
  readonly type: 'FinishUpload'
}

/**
 * Does nothing where it has ended. Of what was received only after its reservation was given up and
 * the storage was seen to have no asset: who is about to store it meanwhile is refused there.
 */
export interface RefuseUpload extends Command {
  readonly type: 'RefuseUpload'
  readonly code: string
}

/** Refused for what has ended, was finished, or is about to be. */
export interface TerminateUpload extends Command {
  readonly type: 'TerminateUpload'
}

/** Does nothing before its time, and to what was received by then. */
export interface ExpireUpload extends Command {
  readonly type: 'ExpireUpload'
}

export interface ClearUpload extends Command {
  readonly type: 'ClearUpload'
}

export const uploadSession: Decider<UploadState, UploadCommand, UploadEvent> = {
  initialState: { status: 'none' },
  decide,
  evolve,
}

function decide(command: UploadCommand, state: UploadState): readonly UploadEvent[] {
  if (command.type === 'CreateUpload') return create(command, state)
  if (state.status === 'none') throw new Rejection('not-found')
  const { at } = command
  const which = { uploadId: state.uploadId, ownerId: state.ownerId }
  switch (command.type) {
    case 'ReceiveUpload':
      return receive(command, state)
    case 'FinishUpload':
      if (state.status === 'finished') return []
      if (state.status !== 'received') throw endOf(state)
      return [{ type: 'UploadFinished', data: { ...which, finishedAt: at } }]
    case 'RefuseUpload':
      if (state.status !== 'open' && state.status !== 'received') return []
      return [{ type: 'UploadRefused', data: { ...which, code: command.code, refusedAt: at } }]
    case 'TerminateUpload':
      if (state.status !== 'open') throw endOf(state)
      return [{ type: 'UploadTerminated', data: { ...which, terminatedAt: at } }]
    case 'ExpireUpload':
      if (state.status !== 'open' || !isPast(state.expiresAt, at)) return []
      return [{ type: 'UploadExpired', data: { ...which, expiredAt: at } }]
    case 'ClearUpload':
      if (state.status !== 'ended' || state.isCleared) return []
      return [{ type: 'UploadCleared', data: { ...which, clearedAt: at } }]
  }
}

function create(command: CreateUpload, state: UploadState): readonly UploadEvent[] {
  if (state.status !== 'none') return []
  const { uploadId, ownerId, instanceId, projectId, reservationId, name, sizeBytes } = command
  const { metadata, at, expiresAt } = command
  return [
    {
      type: 'UploadCreated',
      data: {
        uploadId,
        ownerId,
        instanceId,
        ...(projectId === undefined ? {} : { projectId }),
        reservationId,
        name,
        sizeBytes,
        ...(metadata === undefined ? {} : { metadata }),
        createdAt: at,
        expiresAt,
      },
    },
  ]
}

function receive({ content, at }: ReceiveUpload, state: UploadSession): readonly UploadEvent[] {
  if (state.status === 'ended') throw endOf(state)
  if (state.status !== 'open') return []
  const { uploadId, ownerId } = state
  const { sha256, mediaType, width, height } = content
  return [
    {
      type: 'UploadReceived',
      data: {
        uploadId,
        ownerId,
        sha256,
        mediaType,
        ...(width === undefined ? {} : { width }),
        ...(height === undefined ? {} : { height }),
        receivedAt: at,
      },
    },
  ]
}

/** What is answered to who wants to go on with an upload that cannot. */
export function endOf(state: UploadSession): Rejection {
  if (state.status !== 'ended') return new Rejection('upload-ended', { reason: state.status })
  const { reason, code } = state
  if (reason === 'expired') return new Rejection('upload-expired')
  return new Rejection('upload-ended', { reason, ...(code === undefined ? {} : { because: code }) })
}

function evolve(state: UploadState, event: UploadEvent): UploadState {
  if (event.type === 'UploadCreated') {
    const { createdAt: _createdAt, projectId, metadata, ...data } = event.data
    return { ...data, projectId, metadata, status: 'open' }
  }
  if (state.status === 'none') return state
  const data = dataOf(state)
  switch (event.type) {
    case 'UploadReceived': {
      const { sha256, mediaType, width, height } = event.data
      const content = {
        sha256,
        mediaType,
        ...(width === undefined ? {} : { width }),
        ...(height === undefined ? {} : { height }),
      }
      return { ...data, status: 'received', content }
    }
    case 'UploadFinished':
      return { ...data, status: 'finished' }
    case 'UploadRefused':
      return ended(state, 'refused', event.data.code)
    case 'UploadTerminated':
      return ended(state, 'terminated')
    case 'UploadExpired':
      return ended(state, 'expired')
    case 'UploadCleared':
      return state.status === 'ended' ? { ...state, isCleared: true } : state
  }
}

function ended(
  state: UploadSession,
  reason: 'refused' | 'terminated' | 'expired',
  code?: string,
): UploadSession {
  const content = state.status === 'received' ? state.content : undefined
  return { ...dataOf(state), status: 'ended', reason, code, content, isCleared: false }
}

function dataOf(state: UploadSession): SessionData {
  const { uploadId, ownerId, instanceId, projectId, reservationId } = state
  const { name, sizeBytes, metadata, expiresAt } = state
  return {
    uploadId,
    ownerId,
    instanceId,
    projectId,
    reservationId,
    name,
    sizeBytes,
    metadata,
    expiresAt,
  }
}
