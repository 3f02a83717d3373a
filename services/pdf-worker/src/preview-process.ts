import { createFontLibrary } from './fonts/library.ts'
import { serveTasks } from './isolation/serve-tasks.ts'
import { doTask } from './rendering/do-task.ts'
import type { RenderTask } from './rendering/task.ts'
import { warmUp } from './rendering/warm-up.ts'
import { loadPdfium } from './verify/pdfium.ts'

/*
 * The program of the processes that draw previews: as the other, but that somebody waits for what
 * they draw, so that they have drawn something before they say that they are ready.
 */

const kit = { library: createFontLibrary(), pdfium: await loadPdfium() }
await warmUp(kit)
serveTasks((task, tools) => doTask(task as RenderTask, tools, kit))
