import { readdirSync, readFileSync } from 'node:fs'
import { Compile } from 'typebox/compile'
import { expect, test } from 'vitest'
import { catalog, upcast } from './catalog.ts'
import { contexts } from './context.ts'

// A fixture is the data of an event as that version wrote it. The log outlives the code, so a
// fixture is never changed nor removed.
const folder = new URL('../fixtures/', import.meta.url)
const definitions = Object.values(catalog).flat()
const versions = definitions.flatMap((definition) =>
  Array.from({ length: definition.version }, (_, index) => ({
    definition,
    version: index + 1,
    file: `${definition.context}/${definition.type}.v${index + 1}.json`,
  })),
)

test.each(versions)('$file decodes to the newest version', ({ definition, version, file }) => {
  const data: unknown = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
  const newest = upcast(definition, version, data)
  const { Check, Errors } = createCheck(definition)
  expect(Errors(newest)).toEqual([])
  expect(Check(newest)).toBe(true)
})

function createCheck({ data }: (typeof definitions)[number]) {
  const compiled = Compile(data)
  return {
    Check: (value: unknown) => compiled.Check(value),
    Errors: (value: unknown) => [...compiled.Errors(value)],
  }
}

test('each version of each event has a fixture, and each fixture its event', () => {
  const withEvents = contexts.filter((context) => catalog[context].length > 0)
  const files = withEvents.flatMap((context) =>
    readdirSync(new URL(`${context}/`, folder)).map((file) => `${context}/${file}`),
  )
  expect(files.toSorted()).toEqual(versions.map(({ file }) => file).toSorted())
  expect(readdirSync(folder).toSorted()).toEqual([...withEvents].toSorted())
})
