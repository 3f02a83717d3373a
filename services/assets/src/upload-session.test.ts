import type { UploadEvent } from '@atrium/contracts/assets/upload-events.ts'
import { createGiven } from '@atrium/platform/testkit/given.ts'
import { describe, expect, it } from 'vitest'
import { uploadSession, type UploadCommand } from './upload-session.ts'

const given = createGiven(uploadSession)
const which = { uploadId: `ast_${'a'.repeat(32)}`, ownerId: `usr_${'b'.repeat(32)}` }
const hour = (number: number) => new Date(Date.UTC(2026, 0, 1, number)).toISOString()
const description = {
  ...which,
  instanceId: `ins_${'c'.repeat(32)}`,
  projectId: `prj_${'d'.repeat(32)}`,
  reservationId: `rsv_${'e'.repeat(32)}`,
  name: 'cover.png',
  sizeBytes: 100,
  metadata: 'filename Y292ZXIucG5n',
  expiresAt: hour(5),
}
const content = { sha256: '5'.repeat(64), mediaType: 'image/png', width: 3, height: 2 }

const created: UploadEvent = {
  type: 'UploadCreated',
  data: { ...description, createdAt: hour(0) },
}
const received: UploadEvent = {
  type: 'UploadReceived',
  data: { ...which, ...content, receivedAt: hour(1) },
}
const finished: UploadEvent = { type: 'UploadFinished', data: { ...which, finishedAt: hour(1) } }
const refused: UploadEvent = {
  type: 'UploadRefused',
  data: { ...which, code: 'svg-active', refusedAt: hour(1) },
}
const terminated: UploadEvent = {
  type: 'UploadTerminated',
  data: { ...which, terminatedAt: hour(1) },
}
const expired: UploadEvent = { type: 'UploadExpired', data: { ...which, expiredAt: hour(5) } }
const cleared: UploadEvent = { type: 'UploadCleared', data: { ...which, clearedAt: hour(2) } }

const at = hour(1)
const create: UploadCommand = { type: 'CreateUpload', ...description, at: hour(0) }
const receive: UploadCommand = { type: 'ReceiveUpload', content, at }
const finish: UploadCommand = { type: 'FinishUpload', at }
const refuse: UploadCommand = { type: 'RefuseUpload', code: 'svg-active', at }
const terminate: UploadCommand = { type: 'TerminateUpload', at }
const expire = (time: string): UploadCommand => ({ type: 'ExpireUpload', at: time })
const clear: UploadCommand = { type: 'ClearUpload', at: hour(2) }

describe('an upload', () => {
  it('is created once', () => {
    expect(given().when(create)).toEqual({ events: [created] })
    expect(given(created).when(create)).toEqual({ events: [] })
    expect(given(created).state).toEqual({ ...description, status: 'open' })
  })

  it('needs neither a project nor metadata', () => {
    const { projectId: _project, metadata: _metadata, ...least } = description
    const { events } = given().when({ type: 'CreateUpload', ...least, at: hour(0) })
    expect(events).toEqual([{ type: 'UploadCreated', data: { ...least, createdAt: hour(0) } }])
  })

  it('that was never created is not there', () => {
    for (const command of [receive, finish, refuse, terminate, expire(hour(9)), clear]) {
      expect(given().when(command).rejection?.code, command.type).toBe('not-found')
    }
  })

  it('is received, and then finished, each once', () => {
    expect(given(created).when(receive)).toEqual({ events: [received] })
    expect(given(created, received).state).toMatchObject({ status: 'received', content })
    expect(given(created, received).when(receive)).toEqual({ events: [] })
    expect(given(created, received).when(finish)).toEqual({ events: [finished] })
    for (const command of [receive, finish, refuse, expire(hour(9)), clear]) {
      expect(given(created, received, finished).when(command), command.type).toEqual({ events: [] })
    }
  })

  it('is not finished before all of it was received', () => {
    expect(given(created).when(finish).rejection).toMatchObject({ code: 'upload-ended' })
  })

  it('is received also after its time, as long as nobody has ended it', () => {
    expect(given(created).when({ ...receive, at: hour(6) }).events).toHaveLength(1)
    expect(given(created, expired).when({ ...receive, at: hour(6) }).rejection).toMatchObject({
      code: 'upload-expired',
    })
  })
})

describe('an end without an asset', () => {
  it('comes with its time, not before, and never to what was received', () => {
    expect(given(created).when(expire(hour(4)))).toEqual({ events: [] })
    expect(given(created).when(expire(hour(5)))).toEqual({ events: [expired] })
    expect(given(created, received).when(expire(hour(9)))).toEqual({ events: [] })
  })

  it('comes by its owner, but not once all of it was received', () => {
    expect(given(created).when(terminate)).toEqual({ events: [terminated] })
    for (const history of [[received], [received, finished], [refused], [terminated]]) {
      const { rejection } = given(created, ...history).when(terminate)
      expect(rejection?.code).toBe('upload-ended')
    }
    expect(given(created, expired).when(terminate).rejection?.code).toBe('upload-expired')
  })

  it('comes by a refusal, before or after all of it was received', () => {
    expect(given(created).when(refuse)).toEqual({ events: [refused] })
    expect(given(created, received).when(refuse)).toEqual({ events: [refused] })
    for (const history of [[refused], [terminated], [expired]]) {
      expect(given(created, ...history).when(refuse)).toEqual({ events: [] })
    }
  })

  it('tells who goes on why it ended', () => {
    expect(given(created, refused).when(receive).rejection?.extensions).toEqual({
      reason: 'refused',
      because: 'svg-active',
    })
    expect(given(created, terminated).when(receive).rejection?.extensions).toEqual({
      reason: 'terminated',
    })
  })

  it('keeps what is to be let go of until nothing is left, and says so once', () => {
    expect(given(created, received, refused).state).toMatchObject({ content, isCleared: false })
    expect(given(created, refused).state).toMatchObject({ content: undefined })
    for (const end of [refused, terminated, expired]) {
      const after = given(created, end).when(clear)
      expect(after.events.map(({ type }) => type)).toEqual(['UploadCleared'])
      expect(given(created, end, cleared).when(clear)).toEqual({ events: [] })
    }
    for (const history of [[], [received], [received, finished]]) {
      expect(given(created, ...history).when(clear)).toEqual({ events: [] })
    }
  })
})
