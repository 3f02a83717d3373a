import { asyncApiOf } from './asyncapi.ts'
import { openApiOf } from './openapi.ts'
import { problemsPageOf } from './problems-page.ts'
import { routes } from './routes.ts'

/** The documents that derive from the contracts: file name in docs/, and content. */
export const documents = (): Readonly<Record<string, string>> => ({
  'openapi.json': asJson(openApiOf(routes)),
  'asyncapi.json': asJson(asyncApiOf()),
  'problems.md': problemsPageOf(routes),
})

const asJson = (document: object) => `${JSON.stringify(document, null, 2)}\n`
