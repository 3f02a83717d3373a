import { fileExamples } from './assets/file-examples.ts'
import type { RouteDefinition } from './route.ts'

/** What is sent and what is answered, as the description of the API shows it. */
interface Example {
  readonly body?: unknown
  readonly answer?: unknown
}

const userId = 'usr_01980f3ac1d27c4e9b6f5a8e3d2c1b07'
const instanceId = 'ins_01980f3ac2a07d11a4c93e7b6f5d4c28'
const registeredAt = '2026-03-02T09:15:00.000Z'

const user = {
  id: userId,
  tenantId: 'default',
  email: 'ada@example.com',
  username: 'ada',
  name: 'Ada Lovelace',
  platformAdministrator: false,
  settings: { theme: 'dark' },
  version: 2,
  createdAt: registeredAt,
}

const tokens = {
  user,
  accessToken: 'eyJhbGciOiJFUzI1NiIsImtpZCI6Im9uZSJ9.eyJpc3MiOiJhdHJpdW0ifQ.c2lnbmF0dXJl',
  refreshToken: 'opaque-and-good-for-one-exchange',
  expiresIn: 600,
}

const session = {
  id: 'ses_01980f3ac1f37a5eb0d4c6e8f1a2b394',
  deviceName: 'Firefox on Linux',
  current: true,
  startedAt: registeredAt,
  lastSeenAt: '2026-03-02T11:40:12.000Z',
  expiresAt: '2026-04-01T11:40:12.000Z',
}

const instance = {
  id: instanceId,
  name: 'Personal Workspace',
  description: null,
  ownerId: userId,
  isDefault: true,
  members: [{ userId, role: 'owner' }],
  status: 'active',
  version: 1,
  createdAt: registeredAt,
  lastAccessedAt: '2026-03-02T11:40:12.000Z',
}

const projectSummary = {
  id: 'prj_01980f3ad4b17c3f8e2a6d5c4b3a2910',
  instanceId,
  name: 'Year 2027',
  description: null,
  kind: 'planner',
  assetIds: [],
  contentSizeBytes: 236,
  archived: false,
  status: 'active',
  version: 1,
  createdAt: registeredAt,
  updatedAt: registeredAt,
  updatedBy: userId,
}

const planner = {
  masters: [
    {
      name: 'day',
      widgets: [
        {
          id: 'title',
          type: 'text_block',
          position: { x: 36, y: 36, width: 300, height: 24 },
          content: '{date_long}',
        },
      ],
    },
  ],
  plan: {
    sections: [{ kind: 'days', master: 'day', generate: 'each_day' }],
    order: ['days'],
    calendar: { startDate: '2027-01-01', endDate: '2027-12-31' },
  },
}

const project = { ...projectSummary, content: planner }

const asset = {
  id: 'ast_01980f3ac3b17e2f8d6a4c1b9e7f5d03',
  instanceId,
  name: 'cover.png',
  mediaType: 'image/png',
  sizeBytes: 48_213,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  width: 1404,
  height: 1872,
  createdAt: registeredAt,
}

const link = {
  id: 'lnk_01980f3ac4c27f308e7b5d2caf806e14',
  assetId: asset.id,
  url: '/v1/links/default.01980f3ac4c27f308e7b5d2caf806e14.the-signature-of-the-two',
  downloads: 0,
  downloadsMax: 5,
  createdAt: registeredAt,
  expiresAt: '2026-03-03T09:15:00.000Z',
}

const tenant = { id: 'acme', name: 'Acme Ltd', createdAt: registeredAt }
const garden = { name: 'Garden', description: 'Beds, paths and the pond' }
const password = 'seven geese crossed the river'
const pageOf = (item: unknown) => ({ items: [item], nextCursor: null })

const job = {
  id: 'job_01980f3ac4b87e21c5d6f7a8b9c0d1e2',
  status: 'completed',
  progress: { page: 366, pages: 366 },
  title: 'My year',
  device: 'remarkable-2',
  export: 'interactive',
  strict: false,
  deterministic: false,
  projectId: 'prj_01980f3ac3a27b44d5e6f7a8b9c0d1e2',
  instanceId,
  batchId: null,
  pageCount: 366,
  sizeBytes: 481_230,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  cached: false,
  warnings: [
    {
      severity: 'warning',
      code: 'dead-link',
      message: 'no anchor makes this destination',
      pointer: '/masters/0/widgets/3',
      widgetId: 'to-notes',
      page: 4,
      target: 'notes:page:007',
    },
  ],
  errorCode: null,
  errorMessage: null,
  limit: null,
  requestedAt: '2026-03-02T11:40:12.000Z',
  startedAt: '2026-03-02T11:40:12.480Z',
  completedAt: '2026-03-02T11:40:14.310Z',
  expiresAt: '2026-03-03T11:40:14.310Z',
  version: 5,
}
const waitingJob = {
  ...job,
  status: 'pending',
  progress: { page: 0, pages: 366 },
  pageCount: null,
  sizeBytes: null,
  sha256: null,
  warnings: [],
  startedAt: null,
  completedAt: null,
  expiresAt: null,
  version: 1,
}
const tablet = {
  name: 'My tablet',
  widthPx: 1_404,
  heightPx: 1_872,
  ppi: 226,
  color: false,
  orientation: 'portrait',
  safeMarginsPt: [24, 24, 24, 24],
  minFontPt: 8,
  minStrokePt: 0.5,
  minTouchTargetPt: 28,
  greyLevels: 16,
  maxGreyFillArea: 0.2,
  stylus: true,
}
const device = {
  id: 'dev_01980f3ac6da7043e7f8a9b0c1d2e3f4',
  ...tablet,
  custom: true,
  ownerId: userId,
  version: 1,
}
const publication = {
  slug: 'my-year',
  title: 'My year',
  description: 'A page a day, and notes',
  category: 'planner',
  author: 'Ada Lovelace',
  ownerId: userId,
  device: 'remarkable-2',
  pages: 366,
  cloneCount: 3,
  publishedAt: '2026-03-02T11:40:12.000Z',
}
const clone = {
  id: 'cln_01980f3ac7eb7154f8a9b0c1d2e3f4a5',
  status: 'pending',
  slug: publication.slug,
  instanceId,
  projectId: null,
  errorCode: null,
  requestedAt: '2026-03-02T12:00:00.000Z',
}
const batchId = 'bat_01980f3ac5c97f32d6e7a8b9c0d1e2f3'

/** By operation. A test holds each against its schema, and misses the one that has none. */
export const examples: Readonly<Record<RouteDefinition['id'], Example>> = {
  ...fileExamples,
  register: {
    body: { email: user.email, password, name: user.name, username: user.username },
    answer: tokens,
  },
  login: { body: { identifier: user.email, password }, answer: tokens },
  refresh: { body: { refreshToken: tokens.refreshToken }, answer: tokens },
  getMe: { answer: user },
  updateMe: { body: { name: user.name, settings: { theme: 'dark', beta: null } }, answer: user },
  changePassword: { body: { currentPassword: password, newPassword: 'a lamp above nine doors' } },
  forgotPassword: { body: { email: user.email } },
  resetPassword: { body: { token: 'the-token-of-the-mailed-link', password } },
  listSessions: { answer: pageOf(session) },
  createTenant: { body: { id: tenant.id, name: tenant.name }, answer: tenant },
  listTenants: { answer: pageOf(tenant) },
  getTenant: { answer: tenant },
  importUser: {
    body: {
      email: user.email,
      username: 'ada',
      passwordHash: `$2b$12$${'a'.repeat(53)}`,
      registeredAt: user.createdAt,
    },
    answer: { id: user.id, email: user.email, username: 'ada', createdAt: user.createdAt },
  },
  actForImportedUser: { answer: { accessToken: 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln', expiresIn: 600 } },
  openSignInLocks: { body: { identifier: user.email, address: '203.0.113.7' } },
  requestPdf: {
    body: { projectId: job.projectId, device: job.device, strict: true },
    answer: waitingJob,
  },
  listPdfJobs: { answer: pageOf(job) },
  getPdfJob: { answer: job },
  previewPage: {
    body: { projectId: job.projectId, device: job.device, page: 12, format: 'png' },
  },
  lintPlanner: {
    body: { projectId: job.projectId, device: job.device },
    answer: {
      findings: [
        {
          widgetId: 'to-notes',
          master: 'day',
          pointer: '/masters/0/widgets/3/styling/size',
          rule: 'font_size',
          value: 6,
          limit: 8,
          fixed: false,
          severity: 'warning',
        },
      ],
      findingsTotal: 1,
    },
  },
  publishPlanner: {
    body: { projectId: job.projectId, slug: publication.slug },
    answer: { ...publication, cloneCount: 0 },
  },
  searchGallery: { answer: pageOf(publication) },
  getPublication: { answer: { ...publication, project: { metadata: { name: 'My year' } } } },
  clonePlanner: { body: { instanceId }, answer: clone },
  getClone: { answer: { ...clone, status: 'completed', projectId: job.projectId } },
  listDevices: { answer: pageOf(device) },
  getDevice: { answer: device },
  addDevice: { body: tablet, answer: device },
  reviseDevice: { body: tablet, answer: { ...device, version: 2 } },
  getPdfBatch: {
    answer: {
      id: batchId,
      items: [{ ...job, batchId }],
      download: `/v1/pdf/batches/${batchId}/download`,
    },
  },
  listInstances: { answer: pageOf(instance) },
  createInstance: {
    body: garden,
    answer: { ...instance, ...garden, isDefault: false },
  },
  getInstance: { answer: instance },
  updateInstance: {
    body: { ...garden, isDefault: true },
    answer: { ...instance, ...garden, version: 4 },
  },
  restoreInstance: { answer: { ...instance, version: 3 } },
  listProjects: { answer: pageOf(projectSummary) },
  createProject: {
    body: { name: project.name, kind: 'planner', content: planner },
    answer: project,
  },
  getProject: { answer: project },
  replaceProject: {
    body: { content: planner },
    answer: { ...project, version: 2 },
  },
  patchProject: {
    body: { name: 'Year 2028', content: { plan: { calendar: { endDate: '2028-12-31' } } } },
    answer: { ...project, name: 'Year 2028', version: 3 },
  },
  mergeProject: { body: { baseVersion: 1, content: planner }, answer: { ...project, version: 4 } },
  duplicateProject: { answer: { ...project, name: 'Year 2027 (copy)' } },
  archiveProject: { answer: { ...project, archived: true, version: 2 } },
  unarchiveProject: { answer: { ...project, version: 3 } },
  restoreProject: { answer: { ...project, version: 3 } },
  listProjectHistory: {
    answer: pageOf({
      version: 2,
      type: 'ProjectContentChanged',
      changedBy: userId,
      changedAt: registeredAt,
      pointers: ['/content/masters/0/widgets/0/content'],
    }),
  },
  getProjectVersion: { answer: project },
  restoreProjectVersion: { answer: { ...project, version: 3 } },
  uploadAssets: {
    body: { instanceId, file: ['the bytes of the file'] },
    answer: { items: [asset] },
  },
  listAssets: { answer: pageOf(asset) },
  getAsset: { answer: asset },
  getAssetUsage: {
    answer: {
      bytes: 48_213,
      files: 1,
      limits: { bytes: 104_857_600, images: 50 },
      trash: { bytes: 0, files: 0 },
      byType: [{ mediaType: 'image/png', bytes: 48_213, files: 1 }],
      derived: { bytes: 9_120, files: 1 },
    },
  },
  createAssetLink: { body: { expiresInSeconds: 86_400, downloadsMax: 5 }, answer: link },
  listAssetLinks: { answer: pageOf(link) },
  previewInstanceDeletion: {
    answer: {
      instanceId,
      purgeAt: '2026-04-01T11:40:12.000Z',
      projects: 0,
      documents: 0,
      assets: 0,
      jobs: 0,
      workspaces: 0,
      conversations: 0,
    },
  },
}
