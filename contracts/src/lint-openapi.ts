import { createConfig, lintFromString } from '@redocly/openapi-core'

/**
 * A path with `uploads` in it leads to uploads: the router takes what is spelled out before what is
 * a parameter, and no asset's id is spelled so.
 */
const isMeant = (message: string) => message.includes('`/v1/assets/uploads/{uploadId}`')

/** What Redocly's public linter finds in an OpenAPI document, each as its rule and its words. */
export async function lintOpenApi(source: string): Promise<readonly string[]> {
  const config = await createConfig({ extends: ['recommended-strict'] })
  const found = await lintFromString({ source, config })
  return found
    .filter(({ ruleId, message }) => ruleId !== 'no-ambiguous-paths' || !isMeant(message))
    .map(({ ruleId, message }) => `${ruleId}: ${message}`)
}
