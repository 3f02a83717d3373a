import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findPrograms } from './install-programs.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atrium-programs-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

it('finds what the machine has, and runs it', async () => {
  const node = { name: 'node', programs: ['node'], versionFlag: '--version' } as const
  const { node: program } = await findPrograms(node, folder)
  const { stdout } = await program.run(['-p', '6 * 7'])
  expect(stdout.trim()).toBe('42')
})

const wanted = { name: 'a-package', programs: ['a-program'], versionFlag: '-v' } as const
const nobody = { unpack: () => Promise.resolve(undefined), install: () => Promise.resolve(false) }

it('takes them out of a package, with the libraries beside them, and finds them again', async () => {
  const script = '#!/bin/sh\necho "$LD_LIBRARY_PATH"\n'
  const unpack = async (name: string, into: string) => {
    const root = join(into, name)
    await mkdir(join(root, 'usr/lib/any-linux-gnu'), { recursive: true })
    await mkdir(join(root, 'usr/bin'))
    await writeFile(join(root, 'usr/bin/a-program'), script, { mode: 0o755 })
    return root
  }
  for (const managers of [{ ...nobody, unpack }, nobody]) {
    const { 'a-program': program } = await findPrograms(wanted, folder, managers)
    const { stdout } = await program.run([])
    expect(stdout).toContain(join(folder, 'a-package/usr/lib/any-linux-gnu'))
  }
})

it('says in one sentence what could not be had', async () => {
  const unpack = () => Promise.reject(new Error('no network'))
  await expect(findPrograms(wanted, folder, { ...nobody, unpack })).rejects.toThrow(
    'a-package is not on this machine and could not be had (no network): install it.',
  )
})
