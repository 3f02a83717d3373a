import { fork } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { aggregatesOf, createAssetsContext, type AssetsContext } from './assets-context.ts'
import { createDyingPorts } from './dying-ports.ts'
import { copy, filesOf, move, remove, settle, write, type Owned } from './file-life.ts'
import { provision } from './library-life.ts'
import type { FileVictimTask } from './file-victim-process.ts'

let context: AssetsContext
beforeAll(async () => {
  context = await createAssetsContext()
})
afterAll(() => context.close())

const portsNow = () => ({ ...aggregatesOf(context.store), blobs: context.blobs })
const nothingWrong = { orphans: 0, missing: 0, differences: 0, unsettled: 0 }

const before = { 'a/x.txt': 'x', 'a/deep/y.txt': 'y', 'a/deep/z.txt': 'x' }
const sorted = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).toSorted(([one], [other]) => (one < other ? -1 : 1)))
const at = (folder: string) =>
  Object.fromEntries(
    Object.entries(before).map(([path, content]) => [path.replace('a', folder), content]),
  )

/** What may be there after each of them, whenever the process died: before it, or after it. */
const changes = [
  {
    what: 'a move of a folder',
    change: (ports, owned) => move(ports, owned, 'a', 'b/c'),
    after: at('b/c'),
  },
  {
    what: 'a copy of a folder',
    change: (ports, owned) => copy(ports, owned, 'a', 'b/c'),
    after: { ...before, ...at('b/c') },
  },
  {
    what: 'a copy of a file',
    change: (ports, owned) => copy(ports, owned, 'a/x.txt', 'b/x.txt'),
    after: { ...before, 'b/x.txt': 'x' },
  },
  {
    what: 'a deletion of a folder',
    change: (ports, owned) => remove(ports, owned, 'a'),
    after: {},
  },
  {
    what: 'a new content of a file',
    change: (ports, owned) => write(ports, owned, 'a/x.txt', 'new'),
    after: { ...before, 'a/x.txt': 'new' },
  },
] as const satisfies readonly {
  what: string
  change: (ports: Parameters<typeof move>[0], owned: Owned) => Promise<void>
  after: Readonly<Record<string, string>>
}[]

/** More than any change has, for a test that must end. */
const callsMax = 60

it.each(changes)(
  'leaves $what done or not begun, whichever call the process dies after',
  async ({ change, after }) => {
    let call = 0
    let hasLived = false
    while (!hasLived) {
      call += 1
      expect(call).toBeLessThan(callsMax)
      const owned = await provision(portsNow())
      for (const [path, content] of Object.entries(before)) {
        await write(portsNow(), owned, path, content)
      }
      const { ports, died, treesOf } = createDyingPorts(portsNow(), call)
      const dying = { ...ports, trees: treesOf(portsNow().trees) }
      const whole = change(dying, owned).then(() => true)
      hasLived = await Promise.race([whole, died.then(() => false)])
      expect(await settle(context), `died at call ${call}`).toMatchObject(nothingWrong)
      const files = await filesOf(context, owned)
      expect([sorted(before), sorted(after)], `died at call ${call}`).toContainEqual(files)
      if (hasLived) expect(files).toEqual(sorted(after))
    }
  },
)

it('leaves nothing half done of processes that are killed amid moves and copies', async () => {
  const { ownerUrl, routesUrl, blobsFolder } = context
  const owned = await provision(portsNow())
  for (const [path, content] of Object.entries(before)) {
    await write(portsNow(), owned, path, content)
  }
  for (const afterChanges of [2, 9, 23]) {
    const task: FileVictimTask = { ownerUrl, routesUrl, blobsFolder, ...owned }
    const program = new URL('./file-victim-process.ts', import.meta.url)
    const victim = fork(program, [JSON.stringify(task)])
    for (let changed = 0; changed < afterChanges; changed += 1) await once(victim, 'message')
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    expect(await settle(context)).toMatchObject(nothingWrong)
    const files = await filesOf(context, owned)
    // Whatever folders there are, each has all three files.
    const folders = Map.groupBy(Object.keys(files), (path) => path.split('/')[0])
    for (const [folder = '', paths] of folders) {
      expect(paths.toSorted()).toEqual(Object.keys(at(folder)).toSorted())
    }
    expect(folders.has('a')).toBe(true)
  }
})
