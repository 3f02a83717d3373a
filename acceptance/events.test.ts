import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { register, until, type Person } from './client.ts'
import { createDesk, picture } from './desk.ts'

const open: AbortController[] = []
afterEach(() => {
  for (const controller of open.splice(0)) controller.abort()
})

/** The stream of a person's events, collected as they come. */
async function listen(person: Person, options: { query?: string; lastEventId?: string } = {}) {
  const controller = new AbortController()
  open.push(controller)
  const response = await fetch(`${inject('atrium').url}/v1/events${options.query ?? ''}`, {
    headers: {
      authorization: `Bearer ${person.tokens.accessToken}`,
      ...(options.lastEventId === undefined ? {} : { 'last-event-id': options.lastEventId }),
    },
    signal: controller.signal,
  })
  const messages: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (message) => void messages.push(message) })
  const state = { ended: false }
  const reading = (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk as Uint8Array))
  })()
  void reading.catch(() => undefined).finally(() => void (state.ended = true))
  const close = () => controller.abort()
  const types = () => messages.map(({ event }) => event)
  return { response, messages, types, state, close }
}

describe('the stream of events', () => {
  it('tells a person what they caused, as CloudEvents', async () => {
    const person = await register()
    const stream = await listen(person)
    expect(stream.response.headers.get('content-type')).toContain('text/event-stream')
    const created = await person.call('POST', '/v1/instances', { body: { name: 'Work' } })
    const told = () =>
      stream.messages.find(
        ({ event, data }) =>
          event === 'InstanceCreated' && data.includes(created.body.id as string),
      )
    const message = await until(
      () => Promise.resolve(told()),
      (found) => found !== undefined,
    )
    expect(JSON.parse(message?.data ?? '{}')).toMatchObject({
      specversion: '1.0',
      source: '/atrium/instances',
      type: 'InstanceCreated',
      tenant: 'default',
      data: { name: 'Work' },
    })
  })

  it('tells which assets a project names by now, and not what it says', async () => {
    const { person, create, change } = await createDesk()
    const project = await create({ title: 'a secret of old' })
    const stream = await listen(person)
    await change('PATCH', project, 1, { content: { title: 'a new secret', photo: picture } })
    await until(
      () => Promise.resolve(stream.types()),
      (types) => types.includes('ProjectContentChanged'),
    )
    const message = stream.messages.find(({ event }) => event === 'ProjectContentChanged')
    expect(JSON.parse(message?.data ?? '{}')).toMatchObject({
      data: { projectId: project.id, assetIdsAdded: [picture], assetIdsRemoved: [] },
    })
    expect(message?.data).not.toContain('secret')
    expect(message?.data).not.toContain('title')
  })

  it('goes on after the last event that was seen', async () => {
    const person = await register()
    const first = await listen(person)
    await person.call('POST', '/v1/instances', { body: { name: 'One' } })
    const one = () => first.messages.find(({ data }) => data.includes('"One"'))
    const seen = await until(
      () => Promise.resolve(one()),
      (message) => message !== undefined,
    )
    first.close()
    await person.call('POST', '/v1/instances', { body: { name: 'Two' } })
    const second = await listen(person, { lastEventId: seen?.id ?? '' })
    await until(
      () => Promise.resolve(second.messages.length),
      (count) => count > 0,
    )
    expect(second.messages.at(0)?.data).toContain('"Two"')
  })

  it('tells one instance alone when asked to, and nobody what others did', async () => {
    const [person, other] = [await register(), await register()]
    const kept = await person.call('POST', '/v1/instances', { body: { name: 'Kept' } })
    const stream = await listen(person, { query: `?instanceId=${kept.body.id}` })
    await other.call('POST', '/v1/instances', { body: { name: 'Foreign' } })
    await person.call('POST', '/v1/instances', { body: { name: 'Unasked' } })
    await person.call('PATCH', `/v1/instances/${kept.body.id}`, { body: { name: 'Renamed' } })
    await until(
      () => Promise.resolve(stream.types()),
      (types) => types.includes('InstanceRenamed'),
    )
    expect(stream.messages.map(({ data }) => data).join()).not.toMatch(/Foreign|Unasked/)
  })

  it('closes within a second of signing out', async () => {
    const person = await register()
    const stream = await listen(person)
    await person.call('POST', '/v1/auth/logout')
    const ended = await until(
      () => Promise.resolve(stream.state.ended),
      (value) => value,
      1_000,
    )
    expect(ended).toBe(true)
  })
})
