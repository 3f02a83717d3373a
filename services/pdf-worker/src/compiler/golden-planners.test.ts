import { normalisePlanner } from '@atrium/contracts/planner/normalise.ts'
import { describe, expect, it } from 'vitest'
import { compilation, compile, demand, otherDevice } from '../../test/planner-content.ts'
import { goldenPlanners } from '../../test/planners/all-planners.ts'
import { dailyPlanner } from '../../test/planners/daily.ts'
import { lintPlanner } from '../lint/lint.ts'

const deviceFor = (content: unknown) =>
  otherDevice(normalisePlanner(content).metadata.deviceProfile)

describe.each(Object.entries(goldenPlanners))('the planner %s', (_, build) => {
  it('compiles strictly for its device', () => {
    const content = build()
    const result = compilation(content, { strict: true, device: deviceFor(content) })
    expect(result.status === 'failed' ? result.errors : result.status).toBe('compiled')
  })

  it('asks nothing of its device that it cannot show', () => {
    const content = build()
    const found = lintPlanner(content, deviceFor(content))
    expect(found.filter(({ rule }) => !rule.startsWith('touch_target'))).toEqual([])
  })
})

it('the planners are for at least six devices', () => {
  const devices = Object.values(goldenPlanners).map((build) => deviceFor(build()).id)
  expect(devices.length).toBeGreaterThanOrEqual(12)
  expect(new Set(devices).size).toBeGreaterThanOrEqual(6)
})

it('a leap year of days has a page for each, and every day leads on', () => {
  const document = compile(dailyPlanner(2028), { strict: true })
  expect(document.pages).toHaveLength(1 + 12 + 366 + 12)
  const days = document.pages.filter(({ section }) => section === 'day')
  const next = days.map(
    ({ links }) => links.find(({ widgetId }) => widgetId === 'following')?.target.page,
  )
  expect(next).toEqual([...days.slice(1).map(({ number }) => number), undefined])
  expect(demand(days[0]).links.length).toBeGreaterThan(40)
})
