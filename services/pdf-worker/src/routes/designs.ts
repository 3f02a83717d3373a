import * as contract from '@atrium/contracts/pdf/design-http.ts'
import type { DeviceProfile } from '@atrium/contracts/planner/devices.ts'
import { normalisePlanner } from '@atrium/contracts/planner/normalise.ts'
import { assetIdsOf } from '@atrium/contracts/planner/validate.ts'
import type { Exchange } from '@atrium/platform/http/exchange.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { invalid, Rejection } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { countPages } from '../compiler/count-pages.ts'
import type { FindDevice } from '../devices.ts'
import type { Pool } from '../isolation/pool.ts'
import type { TaskLimits } from '../isolation/protocol.ts'
import type { ReadProject } from '../peers.ts'
import type { ReadAssets } from '../rendering/render-job.ts'
import { isLintReport, isRefusal, type RenderTask } from '../rendering/task.ts'
import { readPlanner } from '../requests/planner-source.ts'

export interface DesignsDeps {
  readonly readProject: ReadProject
  readonly readAssets: ReadAssets
  readonly findDevice: FindDevice
  /** For what somebody waits for: apart from the renders, so that these do not hold it up. */
  readonly pool: Pool
  readonly limits: TaskLimits
}

const mediaTypes = { png: 'image/png', svg: 'image/svg+xml' } as const

/** Nothing of a drawing runs or loads anything, wherever it is opened. */
const sandbox = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"

export function mountDesigns(app: FastifyInstance, deps: DesignsDeps) {
  const { readProject, readAssets, limits } = deps

  mount(app, contract.previewPage, async (exchange) => {
    const { caller, body, at, signal } = exchange
    const device = await demandDevice(deps, caller.tenant, body.device)
    const { planner } = await readPlanner(readProject, body, exchange)
    const pages = countPages(planner)
    if (pages > limits.pagesMax) {
      throw new Rejection('too-many-pages', { pages, limit: limits.pagesMax })
    }
    if (body.page > pages) {
      throw invalid({ pointer: '/page', code: 'too-large', detail: `the plan has ${pages} pages` })
    }
    const assets = await readAssets(caller, assetIdsOf(planner), signal)
    const { output } = await runTask(deps, exchange, {
      kind: 'preview',
      planner,
      device,
      export: 'interactive',
      today: at.slice(0, 10),
      pagesMax: limits.pagesMax,
      assets,
      page: body.page,
      format: body.format,
    })
    return {
      status: 200,
      stream: Readable.from([output]),
      headers: {
        'content-type': mediaTypes[body.format],
        'content-length': String(output.length),
        'content-security-policy': sandbox,
        'x-content-type-options': 'nosniff',
      },
    }
  })

  mount(app, contract.lintPlanner, async (exchange) => {
    const { caller, body } = exchange
    const device = await demandDevice(deps, caller.tenant, body.device)
    const { content } = await readPlanner(readProject, body, exchange)
    const { deviceProfile } = normalisePlanner(content).metadata
    const { value } = await runTask(deps, exchange, {
      kind: 'lint',
      content,
      device,
      madeFor: await deps.findDevice(caller.tenant, deviceProfile),
      fix: body.fix ?? false,
    })
    if (!isLintReport(value)) throw new Error('a lint without shape')
    return { status: 200, body: value }
  })
}

async function demandDevice(
  { findDevice }: DesignsDeps,
  tenant: string,
  id: string,
): Promise<DeviceProfile> {
  const device = await findDevice(tenant, id)
  if (device) return device
  throw invalid({ pointer: '/device', code: 'unknown-device', detail: 'is no device known here' })
}

/**
 * In a process of its own, like a render. What is too much for its limits is the planner's fault;
 * a process that crashes is not.
 */
async function runTask(
  { pool, limits }: DesignsDeps,
  { caller, signal }: Pick<Exchange, 'caller' | 'signal'>,
  task: RenderTask,
): Promise<{ readonly output: Buffer; readonly value: unknown }> {
  if (!caller) throw new Rejection('not-signed-in')
  let output = Buffer.alloc(0)
  const outcome = await pool.run(caller.tenant, {
    task,
    limits,
    signal,
    consume: async (bytes) => void (output = await buffer(bytes)),
  })
  switch (outcome.status) {
    case 'done':
      return { output, value: outcome.value }
    case 'refused': {
      const { reason } = outcome
      const [code, detail] = isRefusal(reason)
        ? [reason.errorCode, reason.errorMessage]
        : ['invalid-project', 'cannot be compiled']
      throw invalid({ pointer: '/project', code, detail })
    }
    case 'limit': {
      const { setting, limit, value, unit } = outcome.hit
      // Somebody waits for it, so that it has a time of its own.
      const name = setting === 'PDF_TIMEOUT_SECONDS' ? 'PDF_PREVIEW_TIMEOUT_SECONDS' : setting
      const detail = `came to ${value} ${unit}; ${name} allows ${limit}`
      throw invalid({ pointer: '/project', code: 'too-large', detail })
    }
    case 'crashed':
      throw new Error(`a preview crashed: ${outcome.cause}`)
    case 'aborted':
      throw new Rejection('unavailable')
  }
}
