import { describe, expect, it } from 'vitest'
import { createRecentReads } from './recent-reads.ts'

/** The read models of a process, of which the test tells changes. */
function setUp() {
  let version: number | undefined = 1
  let shown: { name: string } | undefined = { name: 'first' }
  let reads = 0
  const recent = createRecentReads<{ name: string }>({ version: () => version }, { entriesMax: 2 })
  const read = async () => {
    reads += 1
    return shown
  }
  return {
    recent,
    read,
    nameOf: async (key: string) => (await recent.get(key, read))?.name,
    change(name: string | undefined) {
      shown = name === undefined ? undefined : { name }
    },
    tell: (next: number | undefined) => (version = next),
    reads: () => reads,
  }
}

describe('recent reads', () => {
  it('are given again until a change is heard of', async () => {
    const { nameOf, change, tell, reads } = setUp()
    expect([await nameOf('a'), await nameOf('a'), reads()]).toEqual(['first', 'first', 1])
    change('second')
    tell(2)
    expect([await nameOf('a'), reads()]).toEqual(['second', 2])
  })

  it('do not outlive a change that was told while they were made', async () => {
    const { recent, nameOf, change, tell } = setUp()
    const slow = Promise.withResolvers<{ name: string }>()
    const first = recent.get('a', () => slow.promise)
    tell(2)
    change('second')
    slow.resolve({ name: 'first' })
    expect(await first).toEqual({ name: 'first' }) // as old as its question
    expect(await nameOf('a')).toBe('second')
  })

  it('are made anew while nobody tells of changes, and are not kept from that time', async () => {
    const { nameOf, tell, reads } = setUp()
    tell(undefined)
    await nameOf('a')
    await nameOf('a')
    expect(reads()).toBe(2)
    tell(3)
    await nameOf('a')
    expect(reads()).toBe(3)
  })

  it('end by themselves, though nobody told of a change', async () => {
    const { nameOf, change, reads } = setUp()
    await nameOf('a')
    change('second')
    expect([await nameOf('a'), reads()]).toEqual(['first', 1])
    await expect.poll(() => nameOf('a')).toBe('second')
  })

  it('keep nothing of what is not there, what is forgotten, or what is too much', async () => {
    const { recent, nameOf, change, reads } = setUp()
    change(undefined)
    await nameOf('a')
    await nameOf('a')
    expect(reads()).toBe(2)
    change('there')
    await nameOf('a')
    recent.forget('a')
    await nameOf('a')
    expect(reads()).toBe(4)
    for (const key of ['b', 'c', 'a']) await nameOf(key)
    expect(reads()).toBe(7)
  })
})
