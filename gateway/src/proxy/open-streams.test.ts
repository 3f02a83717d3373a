import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { createFakeRevocations } from '../door-fixture.ts'
import { createOpenStreams } from './open-streams.ts'

/** One that closes when it is destroyed. */
function fakeResponse() {
  const events = new EventEmitter()
  return Object.assign(events, { destroy: () => events.emit('close') })
}

it('counts the streams of each payer, and lets nobody have more than the limit', () => {
  const openStreams = createOpenStreams(createFakeRevocations())
  const begin = (payer: string) => {
    const response = fakeResponse()
    openStreams.begin({ payer, sessionId: `ses of ${payer}` }, response)
    return response
  }
  const first = begin('ada')
  for (let open = 1; open < 128; open += 1) begin('ada')
  expect(() => begin('ada')).toThrow('rate-limited')
  begin('ben')
  first.destroy()
  begin('ada')
  expect(() => begin('ada')).toThrow('rate-limited')
  openStreams.close()
})

it('cuts the streams of a session that ends, and no others', () => {
  const revocations = createFakeRevocations()
  const openStreams = createOpenStreams(revocations)
  const closed: string[] = []
  for (const [sessionId, name] of [
    ['one', 'a'],
    ['one', 'b'],
    ['two', 'c'],
    [undefined, 'd'],
  ] as const) {
    const response = fakeResponse()
    response.once('close', () => closed.push(name))
    openStreams.begin({ payer: 'ada', sessionId }, response)
  }
  revocations.revoke('one')
  expect(closed).toEqual(['a', 'b'])
  openStreams.close()
})
