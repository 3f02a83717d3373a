import { kill, pid } from 'node:process'
import { serveTasks, TaskRefused } from '../../src/isolation/serve-tasks.ts'
import type { PdfTask } from '../../src/rendering/task.ts'

/*
 * In place of the renderer, for tests of what happens around it: quick, and as hostile as the name
 * of the planner says.
 */

serveTasks(async (task, tools) => {
  const { planner, device, assets } = task as PdfTask
  const [deed = '', argument = ''] = planner.metadata.name.split(' ')
  switch (deed) {
    case 'crash':
      kill(pid, 'SIGKILL')
      break
    case 'loop':
      for (let end = false; !end;) end = Math.random() > 1
      break
    case 'wait':
      tools.progress(1, 4)
      await new Promise((resolve) => setTimeout(resolve, Number(argument)))
      break
    case 'large':
      tools.write(Buffer.alloc(Number(argument), 'x'))
      break
    case 'refuse':
      throw new TaskRefused({
        errorCode: 'dead-links',
        errorMessage: 'Strict: 1 × dead-link',
        diagnostics: [{ severity: 'error', code: 'dead-link', message: 'no such place', page: 1 }],
      })
    default:
  }
  const seen = assets.map(({ id }) => id).join()
  tools.write(Buffer.from(`%PDF of ${planner.metadata.name} for ${device.id} with ${seen}`))
  return { pageCount: 1, diagnostics: [] }
})
