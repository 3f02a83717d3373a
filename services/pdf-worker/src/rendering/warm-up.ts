import { devices } from '@atrium/contracts/planner/devices.ts'
import { normalisePlanner } from '@atrium/contracts/planner/normalise.ts'
import { doTask, type RenderKit } from './do-task.ts'

/**
 * Draws pages that nobody gets, so that code is compiled, fonts are opened and libraries loaded
 * before somebody waits for the first one.
 */
export async function warmUp(kit: RenderKit): Promise<void> {
  const [device] = devices
  if (!device) return
  for (let page = 1; page <= pages; page += 1) {
    await doTask(
      {
        kind: 'preview',
        planner: normalisePlanner(content),
        device,
        export: 'interactive',
        today: null,
        pagesMax: pages,
        assets: [],
        page,
        format: page < pages ? 'svg' : 'png',
      },
      { write: () => {}, progress: () => {} },
      kit,
    )
  }
}

/** The last is made a picture, which takes the longest. */
const pages = 3

const position = { x: 40, y: 40, width: 300, height: 300 }
const fonts = ['Helvetica', 'Helvetica-Bold', 'Times-Roman']

/** What most planners have. */
const content = {
  masters: [
    {
      name: 'page',
      widgets: [
        ...fonts.map((font) => ({
          id: font,
          type: 'text_block',
          position,
          content: '{index} of {total}, and some words more, so that a line is broken: ABCXYZ',
          styling: { font },
        })),
        { id: 'here', type: 'anchor', position, properties: { destId: 'notes:page:{index}' } },
        { id: 'on', type: 'internal_link', position, content: 'On', properties: { bind: 'a:1' } },
        {
          id: 'month',
          type: 'calendar',
          position,
          properties: { startDate: '2026-01', linkStrategy: 'template' },
        },
        { id: 'box', type: 'checkbox', position, content: 'Done' },
        { id: 'rule', type: 'divider', position },
        { id: 'lines', type: 'lines', position },
        { id: 'dots', type: 'dot_grid', position },
      ],
    },
  ],
  plan: {
    sections: [{ kind: 'pages', master: 'page', generate: 'count', count: pages }],
    order: ['pages'],
  },
}
