import { problems, problemTypeOf, type ProblemCode } from './problem.ts'
import { problemCodesOf } from './openapi.ts'
import type { RouteDefinition } from './route.ts'

/** What is answered where there is no route. */
const beyondRoutes: Readonly<Record<string, string>> = {
  'method-not-allowed': 'what has no route of that method',
}

/** The table of all problems, in Markdown. */
export function problemsPageOf(routes: readonly RouteDefinition[]): string {
  const rows = Object.entries(problems).map(([code, { status, title }]) => {
    const where = routes.filter((route) => problemCodesOf(route).includes(code as ProblemCode))
    const places = where.length === 0 ? beyondRoutes[code] : placesOf(where, routes)
    return `| ${status} | \`${code}\` | ${title} | ${places ?? 'no route so far'} |`
  })
  return `# Problems

Every error is \`application/problem+json\` (RFC 9457). Branch on \`code\`, never on words;
\`type\` is \`${problemTypeOf('not-found').replace('not-found', '<code>')}\`.

| status | code | meaning | answered by |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

function placesOf(where: readonly RouteDefinition[], all: readonly RouteDefinition[]): string {
  if (where.length === all.length) return 'every route'
  if (where.length > all.length / 3) return 'many routes'
  return where.map(({ method, path }) => `\`${method} ${path}\``).join(', ')
}
