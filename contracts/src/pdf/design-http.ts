import { Type, type Static } from 'typebox'
import { DeviceProfile } from '../planner/devices.ts'
import { binary, defineRoute } from '../route.ts'
import { page, PageQuery, UserId, Version } from '../schema.ts'
import { plannerBytesMax, plannerFields } from './planner-fields.ts'
import { DeviceName } from './schema.ts'

// What helps with a design before a PDF is asked for: devices, lint, and pictures of pages.

const context = 'pdf'
const closed = { additionalProperties: false } as const

export const Device = Type.Object({
  ...DeviceProfile.properties,
  custom: Type.Boolean({ description: 'Described by somebody of the tenant.' }),
  ownerId: Type.Union([UserId, Type.Null()]),
  version: Type.Union([Version, Type.Null()]),
})
export type Device = Static<typeof Device>

const LintFinding = Type.Object({
  widgetId: Type.String(),
  master: Type.String(),
  pointer: Type.String({ description: 'RFC 6901 into the planner, to what is at fault.' }),
  rule: Type.String(),
  value: Type.Union([Type.Number(), Type.String()]),
  limit: Type.Union([Type.Number(), Type.String()]),
  fixed: Type.Boolean({ description: 'Mended in the project that comes along.' }),
  severity: Type.Enum(['error', 'warning']),
})

export const LintReport = Type.Object({
  findings: Type.Array(LintFinding),
  findingsTotal: Type.Integer({ description: 'Not all are listed where there are very many.' }),
  project: Type.Optional(
    Type.Unknown({ description: 'With `fix`: the planner, brought to the device.' }),
  ),
})
export type LintReport = Static<typeof LintReport>

export const previewPage = defineRoute({
  id: 'previewPage',
  context,
  method: 'POST',
  path: '/v1/pdf/preview',
  summary: 'A picture of one page, as the PDF will have it',
  permission: 'user',
  rateClass: 'preview',
  bodyBytesMax: plannerBytesMax,
  body: Type.Object(
    {
      ...plannerFields,
      device: DeviceName,
      page: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'From 1.' }),
      format: Type.Enum(['png', 'svg']),
    },
    closed,
  ),
  answers: 'stream',
  responses: { 200: binary('image/png', 'image/svg+xml') },
  problems: ['not-found', 'too-many-pages'],
})

export const lintPlanner = defineRoute({
  id: 'lintPlanner',
  context,
  method: 'POST',
  path: '/v1/pdf/lint',
  summary: 'What of a planner lies beyond the limits of a device',
  description:
    'With `fix` the planner is brought to the device first, where it was made for another, and ' +
    'then within its limits, as far as no person has to decide.',
  permission: 'user',
  rateClass: 'preview',
  bodyBytesMax: plannerBytesMax,
  body: Type.Object(
    { ...plannerFields, device: DeviceName, fix: Type.Optional(Type.Boolean()) },
    closed,
  ),
  responses: { 200: LintReport },
  problems: ['not-found'],
})

/** Nothing beside: all of it is kept. */
const DescribedDevice = Type.Omit(DeviceProfile, ['id'], closed)

const DeviceParams = Type.Object({ deviceId: Type.String({ maxLength: 128 }) })

export const listDevices = defineRoute({
  id: 'listDevices',
  context,
  method: 'GET',
  path: '/v1/pdf/devices',
  summary: 'The devices that PDFs can be made for; those of the tenant last',
  permission: 'user',
  rateClass: 'read',
  query: Type.Object({ ...PageQuery }, closed),
  responses: { 200: page(Device) },
  problems: [],
})

export const getDevice = defineRoute({
  id: 'getDevice',
  context,
  method: 'GET',
  path: '/v1/pdf/devices/:deviceId',
  summary: 'One device',
  permission: 'user',
  rateClass: 'read',
  params: DeviceParams,
  responses: { 200: Device },
  problems: ['not-found'],
})

export const addDevice = defineRoute({
  id: 'addDevice',
  context,
  method: 'POST',
  path: '/v1/pdf/devices',
  summary: 'Describe a device of one’s own',
  permission: 'user',
  rateClass: 'write',
  idempotencyKey: true,
  body: DescribedDevice,
  responses: { 201: Device },
  problems: ['quota-exceeded'],
})

export const reviseDevice = defineRoute({
  id: 'reviseDevice',
  context,
  method: 'PUT',
  path: '/v1/pdf/devices/:deviceId',
  summary: 'Describe it otherwise',
  description: 'Only whoever added it may. PDFs that were asked for before keep what was.',
  permission: 'user',
  rateClass: 'write',
  ifMatch: 'optional',
  params: DeviceParams,
  body: DescribedDevice,
  responses: { 200: Device },
  problems: ['not-found', 'permission-denied', 'version-conflict'],
})

export const removeDevice = defineRoute({
  id: 'removeDevice',
  context,
  method: 'DELETE',
  path: '/v1/pdf/devices/:deviceId',
  summary: 'Offer it no longer',
  permission: 'user',
  rateClass: 'write',
  ifMatch: 'optional',
  params: DeviceParams,
  responses: { 204: null },
  problems: ['not-found', 'permission-denied', 'version-conflict'],
})

export const designRoutes = [
  previewPage,
  lintPlanner,
  listDevices,
  getDevice,
  addDevice,
  reviseDevice,
  removeDevice,
] as const
