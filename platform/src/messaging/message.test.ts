import { MsgHdrsImpl } from 'nats'
import { describe, expect, it } from 'vitest'
import type { RecordedEvent } from '../event-store/port.ts'
import { encodeHeaders, headerGetter, positionOf, publishedText, readMessage } from './message.ts'

const event: RecordedEvent = {
  id: '0198c2f0-a5c7-7d5e-9a4b-e3f0c1d2e3f4',
  type: 'UserRegistered',
  stream: 'auth.user-default:usr_1',
  revision: 3,
  position: 42,
  recordedAt: '2026-01-31T09:30:00.123456Z',
  data: { userId: 'usr_1', email: 'é "quoted" \u2028 @example.org' },
  metadata: {
    tenant: 'default',
    actor: { userId: 'usr_1', service: 'a' },
    sessionId: 'ses_1',
    correlationId: 'c',
    causationId: 'd',
    commandId: 'e',
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    schemaVersion: 2,
  },
}
const place = { lastSequence: 7, lastId: 'f' }
const headersOf = (one: RecordedEvent) => MsgHdrsImpl.decode(encodeHeaders('auth', one, place))
const bodyOf = (one: RecordedEvent) => Buffer.from(JSON.stringify(one.data))

describe('a message', () => {
  it('comes back as the event that it was', () => {
    expect(readMessage({ headers: headersOf(event), data: bodyOf(event) })).toEqual(event)
  })

  it('says what it must lie behind, and leaves out an id that is not known', () => {
    const header = headerGetter(headersOf(event))
    expect(header('Nats-Msg-Id')).toBe(event.id)
    expect(header('Nats-Expected-Last-Sequence')).toBe('7')
    expect(header('Nats-Expected-Last-Msg-Id')).toBe('f')
    const first = encodeHeaders('auth', event, { lastSequence: 0, lastId: undefined })
    expect(headerGetter(MsgHdrsImpl.decode(first))('Nats-Expected-Last-Msg-Id')).toBeUndefined()
  })

  it('cannot be given headers of its own by a value with a line break', () => {
    const stream = `${event.stream}\r\nNats-Msg-Id: x`
    expect(() => encodeHeaders('auth', { ...event, stream }, place)).toThrow('line break')
  })

  it.each([
    ['an id that is none', { id: 'x' }],
    ['a stream of another shape', { stream: 'elsewhere' }],
    ['a stream with a control character', { stream: 'auth.user-default:a\u0000b' }],
    ['a stream of another tenant', { stream: 'auth.user-other:usr_1' }],
    ['a position that is none', { position: Number.NaN }],
  ])('with %s is not one of ours', (_what, change) => {
    const forged = { ...event, ...change }
    const message = { headers: headersOf(forged), data: bodyOf(event) }
    expect(() => readMessage(message)).toThrow('not those of our events')
  })

  it('says what the event says, as the store kept it', () => {
    expect(publishedText('auth', event)).toBe(JSON.stringify(event.data))
    expect(publishedText('auth', { ...event, dataText: '{ "a" : 1 }' })).toBe('{ "a" : 1 }')
  })

  it('leaves out what the context keeps to itself', () => {
    const data = { projectId: 'prj_1', assetIdsAdded: [], patch: [], pointers: ['/content'] }
    const changed = { ...event, type: 'ProjectContentChanged', data }
    for (const dataText of [undefined, JSON.stringify(data)]) {
      const text = publishedText('instances', { ...changed, dataText })
      expect(JSON.parse(text)).toEqual({ projectId: 'prj_1', assetIdsAdded: [] })
    }
  })

  it('without JSON, or without attributes, is not one of ours', () => {
    expect(() => readMessage({ headers: headersOf(event), data: Buffer.from('{') })).toThrow('JSON')
    expect(() => readMessage({ data: bodyOf(event) })).toThrow('attribute id')
  })

  it('has a position only in the context that it names as its source', () => {
    expect(positionOf(headersOf(event), 'auth')).toBe(42)
    expect(positionOf(headersOf(event), 'instances')).toBeUndefined()
    expect(positionOf(undefined, 'auth')).toBeUndefined()
  })
})
