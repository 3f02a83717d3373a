import { normalisePlanner } from '@atrium/contracts/planner/normalise.ts'
import { PlannerContent } from '@atrium/contracts/planner/project.ts'
import { checkPlanner } from '@atrium/contracts/planner/validate.ts'
import { testSeed } from '@atrium/platform/testkit/random.ts'
import fc from 'fast-check'
import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { plannerArbitrary } from '../../test/planner-arbitrary.ts'
import { compilation, drawnOn, options } from '../../test/planner-content.ts'
import { compilePlanner } from './compile.ts'
import type { CompiledDocument, OutlineEntry } from './compiled.ts'
import { countPages } from './count-pages.ts'

const seed = testSeed()
const runs = { seed, numRuns: 30 }
/** Longer plans are refused, which is one more thing to hold. */
const pagesMax = 150
const longTestMs = 30_000

const documentOf = (content: object): CompiledDocument | undefined => {
  const result = compilation(content, { pagesMax })
  return result.status === 'compiled' ? result.document : undefined
}

const entriesOf = (entries: readonly OutlineEntry[], level = 1): [OutlineEntry, number][] =>
  entries.flatMap((entry) => [[entry, level] as const, ...entriesOf(entry.children, level + 1)])

describe(`any planner without faults (seed ${seed})`, { timeout: longTestMs }, () => {
  it('is one by its schema too', () => {
    fc.assert(
      fc.property(plannerArbitrary, (content) => {
        expect(checkPlanner(content)).toEqual([])
        expect(Value.Check(PlannerContent, content)).toBe(true)
      }),
      runs,
    )
  })

  it('has as many pages as were counted, numbered from 1', () => {
    fc.assert(
      fc.property(plannerArbitrary, (content) => {
        const counted = countPages(normalisePlanner(content))
        const result = compilation(content, { pagesMax })
        if (result.status === 'too-large') expect(result.pages).toBe(counted)
        else if (result.status === 'empty') expect(counted).toBe(0)
        else {
          const pages = documentOf(content)?.pages.map(({ number }) => number)
          expect(pages).toEqual(Array.from({ length: counted }, (_, index) => index + 1))
        }
      }),
      runs,
    )
  })

  it('leads only to pages and names that there are', () => {
    fc.assert(
      fc.property(plannerArbitrary, (content) => {
        const document = documentOf(content)
        if (document === undefined) return
        const { pages, navigation } = document
        const names = new Map(navigation.namedDestinations.map((each) => [each.name, each]))
        expect(names.size).toBe(navigation.namedDestinations.length)
        const numbers = [
          ...navigation.namedDestinations.map(({ page }) => page),
          ...entriesOf(navigation.outlines).map(([{ page }]) => page),
          ...pages.flatMap(({ links }) => links.map(({ target }) => target.page)),
        ]
        expect(numbers.every((page) => page >= 1 && page <= pages.length)).toBe(true)
        for (const { target } of pages.flatMap(({ links }) => links)) {
          if (target.destination === null) continue
          const { page, top } = target
          expect(names.get(target.destination)).toEqual({ name: target.destination, page, top })
        }
        expect(entriesOf(navigation.outlines).every(([, level]) => level <= 4)).toBe(true)
      }),
      runs,
    )
  })

  it('links what it draws, or zones to tap', () => {
    fc.assert(
      fc.property(plannerArbitrary, (content) => {
        const document = documentOf(content)
        for (const { number, links, master } of document?.pages ?? []) {
          if (document === undefined) return
          const shown = new Set(drawnOn(document, number).map(({ id }) => id))
          const zones = content.masters.find(({ name }) => name === master)?.widgets ?? []
          for (const { widgetId } of links) {
            const isZone = zones.some(
              (each) =>
                'type' in each && each.type === 'tap_zone' && 'id' in each && each.id === widgetId,
            )
            expect(shown.has(widgetId) || isZone).toBe(true)
          }
        }
      }),
      runs,
    )
  })

  it('that is strict has no dead link, and fails for each that it had otherwise', () => {
    fc.assert(
      fc.property(plannerArbitrary, (content) => {
        const lax = compilation(content, { pagesMax })
        const strict = compilation(content, { pagesMax, strict: true })
        if (lax.status !== 'compiled') expect(strict).toEqual(lax)
        else if (lax.document.warnings.length === 0) expect(strict).toEqual(lax)
        else
          expect(strict).toEqual({
            status: 'failed',
            errors: lax.document.warnings.filter(({ code }) => code !== 'more-findings'),
          })
      }),
      runs,
    )
  })

  it('compiles to the same twice, and as it comes back from JSON', () => {
    fc.assert(
      fc.property(plannerArbitrary, (content) => {
        const planner = normalisePlanner(content)
        const once = compilePlanner(planner, { ...options, pagesMax })
        expect(compilePlanner(planner, { ...options, pagesMax })).toEqual(once)
        expect(compilePlanner(normalisePlanner(planner), { ...options, pagesMax })).toEqual(once)
        expect(JSON.parse(JSON.stringify(once))).toEqual(once)
      }),
      runs,
    )
  })
})
