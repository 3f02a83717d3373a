const writtenFile = {
  path: 'drafts/plan.txt',
  kind: 'file',
  mediaType: 'text/plain',
  sizeBytes: 1_204,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  assetId: 'ast_01980f3ac5e07b2d8f4a6c1e3d5b7f90',
  version: 1,
}
const writtenFolder = { path: 'archive/drafts', kind: 'folder', version: 2 }
const share = {
  userId: 'usr_01980f3ac1d27c4e9b6f5a8e3d2c1b07',
  access: 'read',
  expiresAt: '2026-04-01T00:00:00.000Z',
}

/** What is sent and answered by the routes of files, as the description of the API shows it. */
export const fileExamples = {
  writeFile: { answer: writtenFile },
  listFiles: {
    answer: {
      items: [
        {
          path: 'drafts',
          kind: 'folder',
          isPublic: false,
          metadata: { colour: 'red' },
          version: 2,
          createdAt: '2026-03-02T09:15:00.000Z',
          updatedAt: '2026-03-02T11:40:12.000Z',
        },
      ],
      nextCursor: null,
    },
  },
  describeFile: {
    body: { metadata: { colour: 'red' }, isPublic: false },
    answer: { ...writtenFile, version: 2 },
  },
  createFolder: {
    body: { path: 'archive' },
    answer: { path: 'archive', kind: 'folder', version: 1 },
  },
  moveFile: { body: { from: 'drafts', to: 'archive/drafts' }, answer: writtenFolder },
  copyFile: { body: { from: 'drafts', to: 'archive/drafts' }, answer: writtenFolder },
  shareFile: { body: { path: 'drafts', ...share }, answer: share },
  listSharedFiles: {
    answer: {
      items: [
        {
          instanceId: 'ins_01980f3ac2a07d11a4c93e7b6f5d4c28',
          ownerId: 'usr_01980f3ac1d27c4e9b6f5a8e3d2c1b07',
          path: 'drafts',
          kind: 'folder',
          access: 'read',
          sharedAt: '2026-03-02T09:15:00.000Z',
          expiresAt: '2026-04-01T00:00:00.000Z',
        },
      ],
      nextCursor: null,
    },
  },
  listFileShares: { answer: { items: [share], nextCursor: null } },
}
