import { describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../event-store/port.ts'
import { afterFailure, faultOf, NotYetKnown } from './attempt.ts'

const fault = new Error('no')
const longest = () => 1
const shortest = () => 0

describe('after a failure', () => {
  it('a row is tried again, later each time, up to two minutes', () => {
    const delays = Array.from({ length: 12 }, (_, attempts) =>
      afterFailure(fault, attempts, 20, longest),
    )
    expect(delays.map(({ delay_ms }) => delay_ms)).toEqual([
      250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 120_000, 120_000, 120_000,
    ])
    expect(delays.map(({ attempts }) => attempts)).toEqual(delays.map((_, index) => index + 1))
  })

  it('the delay varies, so that replicas do not come back together', () => {
    expect(afterFailure(fault, 2, 20, shortest).delay_ms).toBe(500)
  })

  it('a row is parked with its last attempt', () => {
    expect(afterFailure(fault, 6, 8)).toMatchObject({ status: 'open', attempts: 7 })
    expect(afterFailure(fault, 7, 8)).toEqual({ status: 'parked', attempts: 8 })
  })

  it('a store that is away costs no attempt, however long it takes', () => {
    const away = new StoreUnavailable('away', true)
    expect(afterFailure(away, 7, 8)).toMatchObject({ status: 'open', attempts: 7 })
  })

  it('many faults are an outage where each of them is one', () => {
    const away = new StoreUnavailable('away', true)
    const outage = new AggregateError([away, new AggregateError([away])])
    expect(afterFailure(outage, 7, 8)).toMatchObject({ status: 'open', attempts: 7 })
    const mixed = new AggregateError([away, fault])
    expect(afterFailure(mixed, 7, 8)).toEqual({ status: 'parked', attempts: 8 })
  })

  it('an event of a newer version waits for a process that knows it', () => {
    const newer = new NotYetKnown('UserRegistered in version 2')
    const open = { status: 'open', attempts: 7, delay_ms: 5_000 }
    expect(afterFailure(newer, 7, 8, longest)).toEqual(open)
  })

  it('the fault is told in a line, of many the number and the first', () => {
    expect(faultOf(new TypeError('a\nb'))).toBe('TypeError: a b')
    const many = new AggregateError([new AggregateError([fault]), new Error('other')])
    expect(faultOf(many)).toBe('2 failed, the first by 1 failed, the first by Error: no')
  })
})
