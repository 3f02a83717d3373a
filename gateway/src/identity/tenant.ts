import { Rejection } from '@atrium/platform/rejection.ts'
import { malformedHeader, tenantHeader } from '@atrium/platform/http/request-headers.ts'
import type { IncomingHttpHeaders } from 'node:http'

export const defaultTenant = 'default'

const tenantPattern = /^[A-Za-z0-9_-]{1,64}$/

/** The tenant that X-Tenant names; undefined without it. Throws `malformed-request`. */
export function namedTenant(headers: IncomingHttpHeaders): string | undefined {
  const given = headers[tenantHeader]
  if (given === undefined || given === '') return undefined
  if (typeof given === 'string' && tenantPattern.test(given)) return given
  throw malformedHeader(tenantHeader, 'must be a tenant id')
}

/** `acme` for the host `acme.atrium.example:8080` and the suffix `.atrium.example`. */
export function hostTenant(host: string | undefined, suffix: string | undefined) {
  if (suffix === undefined || host === undefined) return undefined
  const name = host.toLowerCase().replace(/:\d+$/, '')
  if (!name.endsWith(suffix)) return undefined
  const tenant = name.slice(0, -suffix.length)
  return tenantPattern.test(tenant) ? tenant : undefined
}

/** Before sign-in: what the client names, else what the host name says, else the default. */
export const tenantBeforeSignIn = (headers: IncomingHttpHeaders, suffix: string | undefined) =>
  namedTenant(headers) ?? hostTenant(headers.host, suffix) ?? defaultTenant

/** Throws `tenant-mismatch` where X-Tenant names another tenant than the token. */
export function refuseOtherTenant(headers: IncomingHttpHeaders, tenant: string) {
  const named = namedTenant(headers)
  if (named !== undefined && named !== tenant) throw new Rejection('tenant-mismatch')
}
