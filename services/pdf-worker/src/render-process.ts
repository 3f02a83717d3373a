import { createFontLibrary } from './fonts/library.ts'
import { serveTasks } from './isolation/serve-tasks.ts'
import { doTask } from './rendering/do-task.ts'
import type { RenderTask } from './rendering/task.ts'
import { loadPdfium } from './verify/pdfium.ts'

/*
 * The program of the render processes. It is confined, and started by the service alone: one task
 * after the other, of one tenant. What it keeps between them are the platform's own fonts, and the
 * library that reads what was rendered.
 */

const kit = { library: createFontLibrary(), pdfium: await loadPdfium() }
serveTasks((task, tools) => doTask(task as RenderTask, tools, kit))
