import type { Logger } from '@atrium/platform/telemetry/logger.ts'
import type { TaskOutcome } from './protocol.ts'
import { residentBytesOf } from './resident-memory.ts'
import { runTask, type TaskOptions } from './run-task.ts'
import { startProcess, type IsolatedProcess, type StartOptions } from './start-process.ts'

/** What the processes run, a program that serves tasks, and how many of them there are. */
export interface PoolOptions extends StartOptions {
  /** Tasks at once; a further one waits. */
  readonly capacity: number
  /** Processes that are started and belong to nobody yet, so that a new tenant need not wait. */
  readonly sparesMax: number
  /** A process that did so many tasks is replaced. */
  readonly tasksMax: number
  /** One that keeps more memory than this after a task is replaced. */
  readonly keptBytesMax: number
  readonly logger: Logger
}

export interface Pool {
  /** Does a task in a process that never did one for another tenant. */
  run(tenant: string, options: TaskOptions): Promise<TaskOutcome>
  /** Kills every process; what is under way is `aborted` or `crashed`. */
  close(): Promise<void>
}

/** A process and whose it is: from its first task on that tenant's alone, until it ends. */
interface Member {
  readonly isolated: IsolatedProcess
  readonly tenant: string
  tasks: number
}

/** How long an idle process of a tenant is kept. */
const idleMsMax = 120_000

/**
 * Render processes that are warm and used again. Nothing of a tenant can stay for another, since no
 * process ever serves two: one that is needed by another tenant is killed, and a fresh one taken.
 */
export function createPool(options: PoolOptions): Pool {
  const { capacity, tasksMax, keptBytesMax } = options
  const seats = createSeats(capacity)
  const spares = createSpares(options)
  const idle = createIdle()
  const busy = new Set<Member>()
  let closed = false

  async function memberFor(tenant: string): Promise<Member> {
    const own = idle.takeOf(tenant)
    if (own) return own
    // No more processes than seats and spares: another tenant's idle one goes.
    if (idle.size() + busy.size >= capacity) idle.retireOldest()
    const isolated = await spares.take()
    return { isolated, tenant, tasks: 0 }
  }

  async function giveBack(member: Member, reusable: boolean) {
    busy.delete(member)
    const bytes = (await residentBytesOf(member.isolated.pid)) ?? Number.POSITIVE_INFINITY
    if (reusable && !closed && member.tasks < tasksMax && bytes <= keptBytesMax) idle.add(member)
    else await member.isolated.kill()
  }

  return {
    async run(tenant, task) {
      await seats.take()
      try {
        const member = await memberFor(tenant)
        busy.add(member)
        member.tasks += 1
        let reusable = false
        try {
          const outcome = await runTask(member.isolated, task)
          reusable = outcome.status === 'done' || outcome.status === 'refused'
          return outcome
        } finally {
          await giveBack(member, reusable)
        }
      } finally {
        seats.leave()
      }
    },

    async close() {
      closed = true
      const all = [...(await spares.close()), ...idle.close(), ...[...busy].map(processOf)]
      await Promise.all(all.map((isolated) => isolated.kill()))
    },
  }
}

const processOf = ({ isolated }: Member) => isolated

/** So many may sit at once; the others wait in line. */
function createSeats(capacity: number) {
  const waiting: (() => void)[] = []
  let taken = 0
  return {
    async take(): Promise<void> {
      if (taken < capacity) taken += 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
    },
    leave() {
      const next = waiting.shift()
      if (next) next()
      else taken -= 1
    },
  }
}

/** Processes that are ready before anybody needs them. */
function createSpares(options: PoolOptions) {
  const { sparesMax, logger } = options
  const spares: Promise<IsolatedProcess>[] = []
  let closed = false

  const refill = () => {
    for (let missing = closed ? 0 : sparesMax - spares.length; missing > 0; missing -= 1) {
      const spare = startProcess(options)
      spare.catch((error: unknown) => logger.warn({ err: error }, 'no spare render process'))
      spares.push(spare)
    }
  }
  refill()
  return {
    /** Rejects where no process can be started. */
    async take(): Promise<IsolatedProcess> {
      const spare = await spares.shift()?.catch(() => undefined)
      refill()
      return spare && !spare.isGone() ? spare : startProcess(options)
    },
    async close(): Promise<readonly IsolatedProcess[]> {
      closed = true
      const started = await Promise.allSettled(spares.splice(0))
      return started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    },
  }
}

/** Processes that wait for another task of their tenant, each for a while. */
function createIdle() {
  const timers = new Map<Member, NodeJS.Timeout>()
  const remove = (member: Member) => {
    clearTimeout(timers.get(member))
    timers.delete(member)
  }
  const retire = (member: Member) => {
    if (!timers.has(member)) return
    remove(member)
    void member.isolated.kill()
  }
  return {
    size: () => timers.size,
    add(member: Member) {
      timers.set(member, setTimeout(() => retire(member), idleMsMax).unref())
      void member.isolated.ended.then(() => remove(member))
    },
    takeOf(tenant: string): Member | undefined {
      const member = [...timers.keys()].find((each) => each.tenant === tenant)
      if (member) remove(member)
      return member
    },
    retireOldest() {
      const [oldest] = timers.keys()
      if (oldest) retire(oldest)
    },
    close(): readonly IsolatedProcess[] {
      const members = [...timers.keys()]
      for (const member of members) remove(member)
      return members.map(processOf)
    },
  }
}
