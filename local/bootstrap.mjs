// Runs what an npm script names with the Node that this project pins, whatever Node the machine
// has, and first installs the npm packages when they are missing or others than the lock file says.
// Plain JavaScript without dependencies: all of them may be missing.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const nodeMajorMin = 20

/** @type {Record<string, string[]>} */
const commands = {
  start: ['local/start.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  check: ['checks/check.ts'],
  atrium: ['cli/src/main.ts'],
  bench: ['bench/src/main.ts'],
  faults: ['faults/src/main.ts'],
}

const [name = '', ...passedOn] = process.argv.slice(2)
const program = commands[name]
if (!program) {
  fail(`"${name}" is not one of ${Object.keys(commands).join(', ')}.`)
} else if (Number(process.versions.node.split('.')[0]) < nodeMajorMin) {
  fail(`Atrium needs Node ${nodeMajorMin} or newer to begin with; this is ${process.version}.`)
} else if (hasLockedPackages() || installPackages()) {
  run([...program, ...passedOn])
}

/** Whether every installed package has the version of the lock file, and none is missing. */
function hasLockedPackages() {
  if (!existsSync(join(root, 'node_modules/.bin/node'))) return false
  const locked = packagesOf('package-lock.json')
  const installed = packagesOf('node_modules/.package-lock.json')
  return Object.entries(locked).every(
    ([path, { version, optional, link }]) =>
      !path.startsWith('node_modules/') ||
      link ||
      installed[path]?.version === version ||
      (optional && !installed[path]), // for another system
  )
}

/**
 * @typedef {Record<string, { version: string, optional?: boolean, link?: boolean }>} Packages
 * @param {string} file
 */
function packagesOf(file) {
  if (!existsSync(join(root, file))) return {} // nothing is installed
  const lock = /** @type {{ packages: Packages }} */ (
    JSON.parse(readFileSync(join(root, file), 'utf8'))
  )
  return lock.packages
}

function installPackages() {
  console.error('Installing the npm packages of this project …')
  const options = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts=false']
  const npm = process.env.npm_execpath // not the Node of node_modules, which is about to go
  const installer = npm
    ? spawnSync(process.env.npm_node_execpath ?? process.execPath, [npm, ...options], {
        cwd: root,
        stdio: ['ignore', 2, 2],
      })
    : spawnSync('npm', options, { cwd: root, stdio: ['ignore', 2, 2] })
  if (installer.status === 0 && hasLockedPackages()) return true
  fail('The npm packages could not be installed: see above, then try `npm ci`.')
  return false
}

/** @param {string[]} args */
function run(args) {
  const bin = join(root, 'node_modules/.bin')
  const child = spawn(join(bin, 'node'), args, {
    cwd: root,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
    // By the channel the child notices the end of this process, kill -9 included.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  endWithLauncher(child)
  child.on('error', (error) => fail(`${args[0]} could not be started: ${error.message}.`))
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1)
    for (const each of signals) process.removeAllListeners(each)
    process.kill(process.pid, signal)
  })
}

/**
 * A killed npm takes nothing with it; what it started must not hold the door's port then. Between
 * npm and this process stands the shell that runs the script, unless it has replaced itself.
 * @param {import('node:child_process').ChildProcess} child
 */
function endWithLauncher(child) {
  if (!process.env.npm_lifecycle_event) return
  const launcher = process.ppid
  const { parent, command } = processStatus(launcher)
  const isShell = command.includes('bootstrap.mjs')
  const pollMs = 1_000
  setInterval(() => {
    const isGone = process.ppid !== launcher
    const isOrphan = isShell && processStatus(launcher).parent !== parent
    if (isGone || isOrphan) child.kill('SIGTERM')
  }, pollMs).unref()
}

/** @param {number} pid */
function processStatus(pid) {
  if (process.platform === 'linux') {
    if (!existsSync(`/proc/${pid}`)) return { parent: 0, command: '' }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { parent: Number(parent), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }
  }
  const ps = spawnSync('ps', ['-ww', '-o', 'ppid=,command=', '-p', String(pid)])
  const [parent = '', ...words] = ps.stdout.toString().trim().split(' ')
  return { parent: Number(parent), command: words.join(' ') }
}

/** @param {string} sentence */
function fail(sentence) {
  console.error(sentence)
  process.exitCode = 1
}
