import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Target {
  readonly url: string
  /** A field whose values are sent in turn: many callers, not one again and again. */
  readonly field: string
  readonly values: readonly string[]
}

export interface Load {
  readonly perSecond: number
  readonly p99Ms: number
}

/** One round of GETs by wrk on kept connections. Throws where any answer was not a success. */
export async function loadWith(
  { url, field, values }: Target,
  { connections, seconds }: { readonly connections: number; readonly seconds: number },
): Promise<Load> {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-wrk-'))
  try {
    const script = join(folder, 'requests.lua')
    await writeFile(script, scriptOf(field, values))
    const shape = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script]
    const { stdout } = await run('wrk', [...shape, url])
    const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1])
    const [, figure, unit = ''] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? []
    const p99Ms = Number(figure) * ({ us: 0.001, ms: 1, s: 1_000 }[unit] ?? Number.NaN)
    if (/Non-2xx|Socket errors/.test(stdout) || !Number.isFinite(perSecond + p99Ms)) {
      throw new Error(stdout)
    }
    return { perSecond, p99Ms }
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw missing ? new Error('The load comes from wrk: install it (apt, brew).') : error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The requests are made before the load begins, so that making them costs it nothing. */
const scriptOf = (field: string, values: readonly string[]) => `
local values = { ${values.map((value) => JSON.stringify(value)).join(', ')} }
local requests = {}
local last = 0
function init()
  for at, value in ipairs(values) do
    requests[at] = wrk.format('GET', nil, { ['${field}'] = value })
  end
end
function request()
  last = last % #requests + 1
  return requests[last]
end
`
