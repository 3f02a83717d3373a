import { mkdir, writeFile } from 'node:fs/promises'
import { documents } from './src/documents.ts'

// `npm run contracts`: writes the documents that derive from the contracts. A test fails while what
// is committed differs.
const folder = new URL('../docs/', import.meta.url)
await mkdir(folder, { recursive: true })
for (const [name, content] of Object.entries(documents())) {
  await writeFile(new URL(name, folder), content)
}
