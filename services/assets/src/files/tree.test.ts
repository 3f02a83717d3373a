import type { FileEvent } from '@atrium/contracts/assets/file-events.ts'
import { createGiven } from '@atrium/platform/testkit/given.ts'
import { describe, expect, it } from 'vitest'
import { tree, type TreeCommand } from './tree.ts'
import { depthMax } from './path.ts'

const given = createGiven(tree)
const ownerId = `usr_${'0'.repeat(32)}`
const instanceId = `ins_${'1'.repeat(32)}`
const at = '2026-01-01T00:00:00.000Z'
const base = { instanceId, ownerId, at }
const id = (number: number) => `fil_${String(number).padStart(32, '0')}`
const asset = (number: number) => `ast_${String(number).padStart(32, '0')}`
const content = (number: number) => ({
  assetId: asset(number),
  mediaType: 'text/plain',
  sizeBytes: number,
  sha256: 'a'.repeat(64),
})
const path = (text: string) => text.split('/')

/** Ids from 100 on for what a command creates. */
const target = (text: string) => ({
  path: path(text),
  entryId: id(100),
  folderIds: [id(101), id(102), id(103)],
  entriesMax: 1_000,
})
const write = (text: string, number: number, more = {}) =>
  ({
    ...base,
    ...target(text),
    type: 'WriteFile',
    content: content(number),
    writtenBy: ownerId,
    ...more,
  }) as const
const move = (from: string, to: string) =>
  ({
    ...base,
    type: 'MoveEntry',
    from: path(from),
    to: path(to),
    folderIds: [id(101), id(102)],
    entriesMax: 1_000,
  }) as const
const remove = (text: string, expectedVersion?: number) =>
  ({ ...base, type: 'DeleteEntry', path: path(text), expectedVersion }) as const

const folder = (number: number, name: string, parent?: number): FileEvent => ({
  type: 'FolderCreated',
  data: {
    instanceId,
    ownerId,
    entryId: id(number),
    ...(parent === undefined ? {} : { parentId: id(parent) }),
    name,
    createdAt: at,
  },
})
const file = (number: number, name: string, parent?: number, assetNumber = number): FileEvent => ({
  type: 'FileWritten',
  data: {
    instanceId,
    ownerId,
    entryId: id(number),
    ...(parent === undefined ? {} : { parentId: id(parent) }),
    name,
    ...content(assetNumber),
    writtenBy: ownerId,
    writtenAt: at,
  },
})

/** docs/2026/plan.txt, docs/notes.txt, top.txt */
const history: readonly FileEvent[] = [
  folder(1, 'docs'),
  folder(2, '2026', 1),
  file(3, 'plan.txt', 2),
  file(4, 'notes.txt', 1),
  file(5, 'top.txt'),
]
const types = (events: readonly FileEvent[]) => events.map(({ type }) => type)
const after = (command: TreeCommand, events = history) => {
  const { events: written, rejection } = given(...events).when(command)
  if (rejection) throw rejection
  return given(...events, ...written)
}

describe('writing', () => {
  it('creates a file, and the folders that are missing above it', () => {
    const { events } = given(...history).when(write('docs/2027/q1/plan.txt', 9))
    expect(types(events)).toEqual(['FolderCreated', 'FolderCreated', 'FileWritten'])
    expect(events.map(({ data }) => ('name' in data ? data.name : ''))).toEqual([
      '2027',
      'q1',
      'plan.txt',
    ])
    expect(events[0]?.data).toMatchObject({ entryId: id(102), parentId: id(1) })
    expect(events[1]?.data).toMatchObject({ entryId: id(103), parentId: id(102) })
    expect(events[2]?.data).toMatchObject({ entryId: id(100), parentId: id(103) })
  })

  it('gives a file another content, and lets go of the one before', () => {
    const { events } = given(...history).when(write('docs/notes.txt', 9))
    expect(events).toEqual([expect.objectContaining({ type: 'FileWritten' })])
    expect(events[0]?.data).toMatchObject({ entryId: id(4), assetId: asset(9) })
    expect([...after(write('docs/notes.txt', 9)).state.letGo]).toEqual([asset(4)])
  })

  it('is refused where a folder is, or where a file is above it', () => {
    const rule = (command: TreeCommand) => given(...history).when(command).rejection?.extensions
    expect(rule(write('docs', 9))).toEqual({ rule: 'is-a-folder' })
    expect(rule(write('top.txt/a', 9))).toEqual({ rule: 'is-a-file' })
    expect(rule(write('top.txt/a/b/c', 9))).toEqual({ rule: 'is-a-file' })
    expect(rule(write('top.txt', 9, { mustBeNew: true }))).toEqual({ rule: 'exists' })
    expect(rule({ ...base, ...target('top.txt'), type: 'CreateFolder' })).toEqual({
      rule: 'is-a-file',
    })
  })

  it('honours the version that the caller names', () => {
    const when = (expectedVersion: number, text = 'top.txt') =>
      given(...history).when(write(text, 9, { expectedVersion }))
    expect(when(1).events).toHaveLength(1)
    expect(when(2).rejection?.extensions).toEqual({ currentVersion: 1 })
    expect(when(1, 'none.txt').rejection?.code).toBe('not-found')
  })

  it('stops at the limit of entries, for files and the folders that they need', () => {
    const when = (text: string, entriesMax: number) =>
      given(...history).when(write(text, 9, { entriesMax }))
    expect(when('a.txt', 6).events).toHaveLength(1)
    expect(when('a/b.txt', 6).rejection?.extensions).toEqual({ quota: 'files', limit: 6, used: 5 })
    expect(when('top.txt', 5).events).toHaveLength(1)
  })

  it('does nothing for a folder that is there, or the same content again', () => {
    expect(
      given(...history).when({ ...base, ...target('docs/2026'), type: 'CreateFolder' }).events,
    ).toEqual([])
    expect(given(...history).when(write('top.txt', 5)).events).toEqual([])
  })
})

describe('moving', () => {
  it('is one event, whatever lies below', () => {
    const { events } = given(...history).when(move('docs', 'papers'))
    expect(types(events)).toEqual(['EntryMoved'])
    const moved = after(move('docs', 'papers'))
    expect(moved.when(remove('docs')).rejection?.code).toBe('not-found')
    expect(moved.when(remove('papers/2026/plan.txt')).events).toHaveLength(1)
  })

  it('creates the folders that are missing above the new place', () => {
    const { events } = given(...history).when(move('top.txt', 'new/place/top.txt'))
    expect(types(events)).toEqual(['FolderCreated', 'FolderCreated', 'EntryMoved'])
  })

  it.each([
    ['docs', 'docs/2026/docs', 'into-itself'],
    ['docs', 'docs/docs', 'into-itself'],
    ['top.txt', 'docs/notes.txt', 'exists'],
    ['docs/2026', 'top.txt', 'exists'],
    ['docs', 'top.txt/docs', 'is-a-file'],
  ])('of %s to %s is refused: %s', (from, to, rule) => {
    const { rejection } = given(...history).when(move(from, to))
    expect(rejection).toMatchObject({ code: 'file-conflict', extensions: { rule } })
  })

  it('does not make a path deeper than a path may be', () => {
    const deep = Array.from({ length: depthMax - 2 }, () => 'a').join('/')
    const { rejection } = given(...history).when(move('docs', `${deep}/docs`))
    expect(rejection?.extensions).toEqual({ rule: 'too-deep' })
    expect(given(...history).when(move('top.txt', `${deep}/top.txt`)).rejection).toBeUndefined()
  })

  it('to where it is does nothing; of what is not there it is 404', () => {
    expect(given(...history).when(move('docs/2026', 'docs/2026')).events).toEqual([])
    expect(given(...history).when(move('none', 'other')).rejection?.code).toBe('not-found')
  })

  it('frees the old name', () => {
    expect(after(move('docs/2026', 'old')).when(write('docs/2026', 9)).rejection).toBeUndefined()
  })
})

describe('deleting', () => {
  it('is one event, and lets go of every asset below', () => {
    expect(types(given(...history).when(remove('docs')).events)).toEqual(['EntryDeleted'])
    const { state } = after(remove('docs'))
    expect([...state.letGo].toSorted()).toEqual([asset(3), asset(4)])
    expect(state.entries.size).toBe(1)
  })

  it('remembers what was let go until the storage was told', () => {
    const gone = after(remove('docs'))
    const told = { ...base, type: 'NoteAssetsReleased', assetIds: [asset(3), asset(5)] } as const
    expect(gone.when(told).events[0]?.data).toMatchObject({ assetIds: [asset(3)] })
    expect(given(...history).when(told).events).toEqual([])
  })

  it('frees the names for new entries', () => {
    const again = after(remove('docs'))
    expect(types(again.when(write('docs', 9)).events)).toEqual(['FileWritten'])
  })

  it('honours the version that the caller names', () => {
    expect(given(...history).when(remove('docs', 2)).rejection?.code).toBe('version-conflict')
    expect(given(...history).when(remove('docs', 1)).events).toHaveLength(1)
  })
})

describe('copying', () => {
  const copy = {
    ...base,
    type: 'AddCopies',
    copyId: id(50),
    writtenBy: ownerId,
    entriesMax: 1_000,
    entries: [
      { entryId: id(51), name: '2026' },
      { entryId: id(52), parentId: id(51), name: 'plan.txt', content: content(60) },
    ],
  } as const
  const attach = (to: string) =>
    ({
      ...base,
      type: 'AttachCopy',
      copyId: id(50),
      to: path(to),
      folderIds: [],
      entriesMax: 1_000,
    }) as const

  it('is built where nobody sees it, and gets its place in one event', () => {
    const built = after(copy)
    expect(built.when(remove(id(50))).rejection?.code).toBe('not-found')
    expect(types(built.when(attach('copy')).events)).toEqual(['EntryMoved'])
    const events = [...history, ...given(...history).when(copy).events]
    const attached = after(attach('copy'), events)
    expect(attached.when(remove('copy/2026/plan.txt')).events).toHaveLength(1)
    expect(attached.when(attach('again')).rejection?.code).toBe('not-found')
  })

  it('is refused a place that is taken, and goes on in parts', () => {
    const built = after(copy)
    expect(built.when(attach('docs')).rejection?.extensions).toEqual({ rule: 'exists' })
    const more = { ...copy, entries: [{ entryId: id(53), name: 'b', content: content(61) }] }
    expect(types(built.when(more).events)).toEqual(['FileWritten'])
    expect(built.when({ ...more, entriesMax: 8 }).rejection?.code).toBe('quota-exceeded')
  })
})

describe('sharing and describing', () => {
  const share = (userId: string) =>
    ({ ...base, type: 'ShareEntry', path: path('docs'), userId, access: 'read' }) as const

  it('notes shares, and takes them back once', () => {
    const shared = after(share('usr_x'))
    const unshare = { ...base, type: 'UnshareEntry', path: path('docs'), userId: 'usr_x' } as const
    expect(types(shared.when(unshare).events)).toEqual(['EntryUnshared'])
    expect(given(...history).when(unshare).events).toEqual([])
    expect(given(...history).when({ ...share('usr_x'), path: path('none') }).rejection?.code).toBe(
      'not-found',
    )
  })

  it('refuses a share that is over before it begins', () => {
    const until = (expiresAt: string) => ({ ...share('usr_x'), expiresAt })
    expect(given(...history).when(until(base.at)).rejection).toMatchObject({
      code: 'validation-failed',
      extensions: { errors: [{ pointer: '/expiresAt', code: 'in-the-past' }] },
    })
    const later = new Date(Date.parse(base.at) + 1).toISOString()
    expect(types(given(...history).when(until(later)).events)).toEqual(['EntryShared'])
  })

  it('has a limit of shares for one entry', () => {
    const shares = Array.from({ length: 100 }, (_none, n) => ({
      type: 'EntryShared' as const,
      data: {
        instanceId,
        ownerId,
        entryId: id(1),
        userId: `usr_${n}`,
        access: 'read' as const,
        sharedAt: at,
      },
    }))
    const full = given(...history, ...shares)
    expect(full.when(share('usr_x')).rejection?.code).toBe('quota-exceeded')
    expect(full.when(share('usr_5')).rejection).toBeUndefined()
  })

  it('says that something is public only when that changes', () => {
    const describe_ = (isPublic: boolean) =>
      ({ ...base, type: 'DescribeEntry', path: path('docs'), isPublic }) as const
    expect(given(...history).when(describe_(false)).events).toEqual([])
    expect(after(describe_(true)).when(describe_(true)).events).toEqual([])
  })
})

it('holds nothing of an instance that is gone, and takes nothing any more', () => {
  const cleared = after({ ...base, type: 'ClearTree' })
  expect(cleared.state.entries.size).toBe(0)
  expect(cleared.when(write('a.txt', 9)).rejection?.code).toBe('not-found')
  expect(cleared.when({ ...base, type: 'ClearTree' }).events).toEqual([])
})
