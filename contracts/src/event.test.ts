import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { asyncApiOf } from './asyncapi.ts'
import { catalog, upcast } from './catalog.ts'
import { defineEvent, eventData, personalFields } from './event.ts'

const definitions = Object.values(catalog).flat()

test('no two events of a context have one name', () => {
  const names = definitions.map(({ context, type }) => `${context}/${type}`)
  expect(new Set(names).size).toBe(names.length)
})

describe('a personal field', () => {
  const marked = definitions.flatMap((definition) =>
    personalFields(definition.data).map((mark) => ({ definition, ...mark, type: definition.type })),
  )

  test.each(marked)('$type.$field names whose it is', ({ definition, field, subject }) => {
    expect(Object.keys(definition.data.properties)).toContain(subject)
    expect(definition.data.required, 'the person must always be known').toContain(subject)
    expect(subject).not.toBe(field)
  })

  test('is every one that holds what a person typed about themselves', () => {
    const names = ['email', 'username', 'deviceName', 'passwordHash', 'description']
    const unmarked = definitions.flatMap(({ type, data }) => {
      const fields = new Set(personalFields(data).map(({ field }) => field))
      return Object.keys(data.properties)
        .filter((field) => names.includes(field) && !fields.has(field))
        .map((field) => `${type}.${field}`)
    })
    expect(unmarked).toEqual([])
  })
})

test('a public event holds no credential, not even hashed', () => {
  const leaking = definitions
    .filter(({ visibility }) => visibility === 'public')
    .flatMap(({ type, data }) =>
      Object.keys(data.properties)
        .filter((field) => /password|hash|token|secret/i.test(field))
        .map((field) => `${type}.${field}`),
    )
  expect(leaking).toEqual([])
})

describe('a withheld field', () => {
  const withholding = definitions.filter(({ withheld }) => withheld.length > 0)

  test.each(withholding)('of $type is one that others can do without', ({ data, withheld }) => {
    for (const field of withheld) expect(data.required).not.toContain(field)
  })

  test('is not in the description of what is published', () => {
    const { components } = asyncApiOf() as {
      components: { messages: Record<string, { payload: { properties: object } }> }
    }
    const published = components.messages['instances.ProjectContentChanged']?.payload.properties
    expect(published).toHaveProperty('assetIdsAdded')
    expect(published).not.toHaveProperty('patch')
  })
})

describe('upcasting', () => {
  const measured = defineEvent({
    context: 'instances',
    type: 'RoomMeasured',
    version: 3,
    visibility: 'private',
    summary: 'An event of this test alone.',
    data: eventData({ lengthMm: Type.Integer(), unit: Type.Literal('mm') }),
    upcasters: [
      ({ metres }) => ({ lengthMm: Number(metres) * 1_000 }),
      (data) => ({ ...data, unit: 'mm' }),
    ],
  })
  const newest = { lengthMm: 2_500, unit: 'mm' }

  test.each([
    [1, { metres: 2.5 }],
    [2, { lengthMm: 2_500 }],
    [3, newest],
  ])('takes version %i to the newest', (version, data) => {
    expect(upcast(measured, version, data)).toEqual(newest)
  })

  test('leaves the data of the log as it is', () => {
    const data = Object.freeze({ metres: 2.5 })
    upcast(measured, 1, data)
    expect(data).toEqual({ metres: 2.5 })
  })

  test('needs a step for every version', () => {
    const { upcasters: _, ...rest } = measured
    expect(() => defineEvent(rest)).toThrow('RoomMeasured v3 needs 2 upcasters')
  })
})
