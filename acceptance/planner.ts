/** A planner of so many linked pages, as a client sends it. */
export const plannerOf = (pages: number, name = 'A plan') => ({
  metadata: { name },
  masters: [
    {
      name: 'page',
      widgets: [
        {
          id: 'text',
          type: 'text_block',
          position: { x: 40, y: 40, width: 200, height: 40 },
          content: 'Page {index} of {total}',
        },
        {
          id: 'here',
          type: 'anchor',
          position: { x: 0, y: 0, width: 10, height: 10 },
          properties: { destId: 'notes:page:{index_padded}' },
        },
        {
          id: 'first',
          type: 'internal_link',
          position: { x: 40, y: 100, width: 100, height: 40 },
          content: 'First',
          properties: { bind: 'notes(1)' },
        },
      ],
    },
  ],
  plan: {
    sections: [{ kind: 'pages', master: 'page', generate: 'count', count: pages }],
    order: ['pages'],
  },
})
