import { describe, expect, it } from 'vitest'
import { convertProject } from './convert-project.ts'

const png = Buffer.from('\x89PNG\r\n\x1a\n and more than a hundred letters'.padEnd(120), 'latin1')
const dataUri = `data:image/png;base64,${png.toString('base64')}`

const widget = (members: object = {}) => ({
  id: 'i',
  type: 'image',
  page: 1,
  position: { x: 9, y: 9, width: 40, height: 40 },
  background_color: null,
  z_order: null,
  content: '',
  styling: null,
  properties: { image_data: dataUri, image_fit: 'fit' },
  ...members,
})

/** As the old platform wrote it. */
const old = (widgets: object[] = [widget()], metadata: object = {}) => ({
  id: '5b1c',
  metadata: {
    name: 'T',
    description: '',
    category: 'planner',
    author: 'ann',
    device_profile: 'remarkable-2',
    created_at: '2025-10-01T08:00:00+00:00',
    is_public: false,
    public_url_slug: null,
    original_author: 'ann',
    cloned_from: null,
    clone_count: 0,
    ...metadata,
  },
  masters: [{ name: 'day', description: '', used_variables: ['date'], widgets }],
  plan: {
    calendar: { start_date: null, end_date: '', pages_per_day: 1 },
    sections: [
      {
        kind: 'days',
        master: 'day',
        generate: 'each_day',
        start_date: '2026-01-01',
        end_date: '2026-01-31',
        count: null,
        pages_per_item: 1,
        context: { my_name: 'b' },
        counters: { my_count: { start: 1, step: 1 } },
        nested: null,
        anchors: [],
      },
    ],
    order: ['days'],
    locale: 'pl',
  },
  link_resolution: {
    mode: 'named_destinations',
    destination_patterns: {},
    generate_outlines: true,
    generate_month_links: true,
  },
  default_canvas: {
    dimensions: { width: 447.3, height: 596.4, margins: [36, 36, 36, 36] },
    coordinate_system: 'top_left',
    grid_size: 10,
    snap_enabled: true,
  },
})

describe('a project of the old platform', () => {
  it('is a planner of ours, spelled our way, its pictures apart', () => {
    const { content, images, faults, notes, ...said } = convertProject(old())
    expect([faults, notes]).toEqual([[], []])
    expect(said).toEqual({ name: 'T', description: null, author: 'ann', publicSlug: null })
    expect(content).toMatchObject({
      id: '5b1c',
      metadata: { deviceProfile: 'remarkable-2', createdAt: '2025-10-01T08:00:00+00:00' },
      masters: [
        {
          usedVariables: ['date'],
          widgets: [{ id: 'i', backgroundColor: null, properties: { imageFit: 'fit' } }],
        },
      ],
      plan: {
        calendar: { startDate: null, endDate: '', pagesPerDay: 1 },
        sections: [
          {
            startDate: '2026-01-01',
            pagesPerItem: 1,
            context: { my_name: 'b' },
            counters: { my_count: { start: 1, step: 1 } },
          },
        ],
      },
      linkResolution: { generateOutlines: true },
      defaultCanvas: { coordinateSystem: 'top_left', gridSize: 10 },
    })
    expect(JSON.stringify(content)).not.toContain('base64')
    expect(images).toEqual([
      {
        mediaType: 'image/png',
        bytes: png,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        widgetId: 'i',
        pointers: ['/masters/0/widgets/0/properties/assetId'],
      },
    ])
  })

  it('has a picture once, whoever shows it', () => {
    const bare = { id: 'j', properties: { image_data: png.toString('base64') } }
    const { images } = convertProject(old([widget(), widget(bare)]))
    expect(images.map(({ pointers }) => pointers.length)).toEqual([2])
  })

  it.each([
    ['short', 'AAAA', 'is no picture written as base64'],
    [
      'a gif',
      `data:image/gif;base64,${Buffer.from('GIF89a'.repeat(20)).toString('base64')}`,
      'is no PNG, JPEG or SVG',
    ],
    [
      'too large',
      `data:image/png;base64,${Buffer.concat([png, Buffer.alloc(600_000)]).toString('base64')}`,
      'has more than 512 KB',
    ],
    ['rubbish', 'data:image/png;base64,***', 'is no picture written as base64'],
  ])('leaves out a picture that is %s, and says so', (_, image_data, why) => {
    const { images, notes, faults, content } = convertProject(
      old([widget({ properties: { image_data } })]),
    )
    expect([images, faults]).toEqual([[], []])
    expect(notes).toEqual([`the picture of "i" ${why}: it is left out`])
    expect(content['masters']).toMatchObject([{ widgets: [{ properties: {} }] }])
  })

  it('takes a drawing, written as text or as base64', () => {
    const svg = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'
    for (const image_data of [
      `data:image/svg+xml;utf8,${encodeURIComponent(svg)}`,
      `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`,
    ]) {
      const { images } = convertProject(old([widget({ properties: { image_data } })]))
      expect(images).toMatchObject([{ mediaType: 'image/svg+xml', bytes: Buffer.from(svg) }])
    }
  })

  it('says under which slug it was public', () => {
    const shared = { is_public: true, public_url_slug: 'days' }
    expect(convertProject(old([], shared))).toMatchObject({
      publicSlug: 'days',
      content: { metadata: { isPublic: true, publicSlug: 'days' } },
    })
  })

  it('is cut to the name that a project may have', () => {
    const { name, notes } = convertProject(old([], { name: `  ${'n'.repeat(120)}` }))
    expect([name, notes]).toEqual(['n'.repeat(100), ['the name is cut to 100 characters']])
    expect(convertProject(old([], { name: ' ' })).name).toBe('Planner')
    expect(convertProject(old([], { name: 'a\nb' })).name).toBe('a b')
  })

  it('that can be no planner says why', () => {
    const { faults } = convertProject(old([widget({ type: 'circle' })]))
    expect(faults.map(({ pointer, code }) => `${code} ${pointer}`)).toEqual([
      'not-allowed /masters/0/widgets/0/type',
    ])
  })

  it.each([
    ['invalid-text /note', { note: 'a\u0000' }],
    ['invalid-text /note', { note: '\ud800' }],
    ['too-many ', { notes: Array.from({ length: 500_001 }, () => 1) }],
    ['too-large ', { note: 'x'.repeat(5 * 1024 * 1024) }],
  ])('that the platform takes of nobody is at fault: %s', (fault, members) => {
    const { faults } = convertProject({ ...old(), ...members })
    expect(faults.map(({ pointer, code }) => `${code} ${pointer}`)).toEqual([fault])
  })

  it.each([null, 7, 'text', [], {}, { masters: [null, { widgets: [null, 7] }] }])(
    'is read whatever it is: %j',
    (content) => {
      expect(convertProject(content).name).toBe('Planner')
    },
  )

  it('is refused where it nests deeper than anybody may, and names nothing that every object has', () => {
    let nested: unknown = {}
    for (let depth = 0; depth < 50_000; depth += 1) nested = { a_b: nested }
    expect(convertProject({ nested }).faults).toMatchObject([{ code: 'too-deep' }])
    const named = JSON.parse(
      '{"__proto__":{"is_public":true},"metadata":{"__proto__":1}}',
    ) as unknown
    expect(convertProject(named).publicSlug).toBeNull()
  })
})
