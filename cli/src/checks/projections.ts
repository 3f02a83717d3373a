import { contexts } from '@atrium/contracts/context.ts'
import { listParked } from '@atrium/platform/reactions/operate.ts'
import { rowsOf } from '../commands/projections.ts'
import type { Deployment } from '../deployment.ts'
import { withDatabases } from '../with-databases.ts'
import { finding, type Finding } from './finding.ts'

/** More events than this behind the log, and a projection is not merely catching its breath. */
const behindMax = 1_000

export const checkProjections = (deployment: Deployment): Promise<Finding> =>
  finding('projections', async () => {
    const rows = (await rowsOf(deployment)).filter(({ status }) => status === 'live')
    const faults = rows.flatMap(({ context, name, behind, parked }) => [
      ...(behind > behindMax ? [`${context}/${name} is ${behind} events behind`] : []),
      ...(parked > 0 ? [`${context}/${name} has ${parked} parked: atrium parked list`] : []),
    ])
    if (faults.length > 0) throw new Error(faults.join('; '))
    return `${rows.length} up to date`
  })

export const checkReactions = (deployment: Deployment): Promise<Finding[]> =>
  Promise.all(
    contexts.map((context) =>
      finding(`${context} reactions`, async () => {
        const [parked = []] = await withDatabases(deployment, ({ pool }) => listParked(pool), [
          context,
        ])
        if (parked.length === 0) return 'nothing parked'
        throw new Error(`${parked.length} events are parked: atrium parked list`)
      }),
    ),
  )
