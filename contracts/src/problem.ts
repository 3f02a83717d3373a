/**
 * Every problem that a client can meet: its stable code, the HTTP status, a title for people.
 * Callers branch on `code`; `title` may be reworded. Each code says nothing that the status does
 * not allow the caller to know.
 */
export const problems = {
  'malformed-body': { status: 400, title: 'The body could not be parsed' },
  'malformed-request': { status: 400, title: 'The request could not be understood' },
  'not-signed-in': { status: 401, title: 'No valid access token was given' },
  'invalid-credentials': { status: 401, title: 'The identifier or the password is wrong' },
  'refresh-token-invalid': { status: 401, title: 'The refresh token is not valid' },
  'refresh-token-reused': { status: 401, title: 'The refresh token was used before' },
  'session-revoked': { status: 401, title: 'The session has ended' },
  'permission-denied': { status: 403, title: 'The permission for this is missing' },
  'tenant-mismatch': { status: 403, title: 'X-Tenant disagrees with the access token' },
  'quota-exceeded': { status: 403, title: 'A quota is full' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'The resource does not take this method' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'version-conflict': { status: 409, title: 'It was changed in the meantime' },
  'email-taken': { status: 409, title: 'The e-mail address is already registered' },
  'username-taken': { status: 409, title: 'The user name is already taken' },
  'tenant-taken': { status: 409, title: 'The tenant exists already' },
  'tenant-not-removable': { status: 409, title: 'The default tenant cannot be removed' },
  'name-taken': { status: 409, title: 'The name is already in use' },
  'last-instance': { status: 409, title: 'The last instance cannot be deleted' },
  'instance-not-deleted': { status: 409, title: 'The instance is not deleted' },
  'merge-conflict': { status: 409, title: 'Both changed the same, to something else' },
  'project-archived': { status: 409, title: 'The project is archived' },
  'project-not-deleted': { status: 409, title: 'The project is not deleted' },
  'job-not-completed': { status: 409, title: 'There is no PDF of it yet, or none at all' },
  'file-conflict': { status: 409, title: 'Something else lies at that path' },
  'import-closed': { status: 409, title: 'Somebody has signed in to the account' },
  'slug-taken': { status: 409, title: 'The slug is already in use' },
  'upload-offset-mismatch': { status: 409, title: 'The upload goes on at another byte' },
  'idempotency-key-in-flight': { status: 409, title: 'The same request is still running' },
  'asset-in-use': { status: 409, title: 'A project or a file uses the asset' },
  'link-expired': { status: 410, title: 'The link is too old, or was used as often as it may be' },
  'upload-expired': { status: 410, title: 'The upload was not finished in time' },
  'upload-ended': { status: 410, title: 'The upload is over' },
  'result-expired': { status: 410, title: 'The time of the PDF has passed' },
  'precondition-failed': { status: 412, title: 'It is not what the request names' },
  'tus-version-not-supported': { status: 412, title: 'Only version 1.0.0 of tus is spoken' },
  'file-too-large': { status: 413, title: 'The file is too large' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'uri-too-long': { status: 414, title: 'The address is too long' },
  'media-type-not-supported': { status: 415, title: 'The media type is not supported' },
  'media-type-not-allowed': { status: 415, title: 'Files of this type are not taken here' },
  'range-not-satisfiable': { status: 416, title: 'The range lies behind the end' },
  'validation-failed': { status: 422, title: 'The request does not validate' },
  'image-invalid': { status: 422, title: 'The picture is broken or of no kind that is taken' },
  'image-too-many-pixels': { status: 422, title: 'The picture is too large when it is unpacked' },
  'svg-active': { status: 422, title: 'The SVG runs code or loads something from elsewhere' },
  'too-many-pages': { status: 422, title: 'The plan has more pages than allowed' },
  'idempotency-key-reused': { status: 422, title: 'The key was used with another body' },
  'password-too-weak': { status: 422, title: 'The password is too weak' },
  'reset-token-invalid': { status: 422, title: 'The reset link is not valid any more' },
  'upload-locked': { status: 423, title: 'Another request is at this upload' },
  'precondition-required': { status: 428, title: 'If-Match is required' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  locked: { status: 429, title: 'Signing in is locked for a while' },
  'headers-too-large': { status: 431, title: 'The header fields are too large' },
  // The status is that of the tus protocol: HTTP itself has no such one.
  'checksum-mismatch': { status: 460, title: 'What arrived is not what the checksum is of' },
  'internal-error': { status: 500, title: 'Something went wrong on our side' },
  'upstream-failed': { status: 502, title: 'A service behind the gateway failed' },
  unavailable: { status: 503, title: 'A server we depend on does not answer' },
  'not-yet-consistent': { status: 503, title: 'What was written is not yet visible here' },
  'upstream-timeout': { status: 504, title: 'A service behind the gateway did not answer in time' },
  'insufficient-storage': { status: 507, title: 'There is no room for it on our side' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemCode = keyof typeof problems

export type ProblemStatus = (typeof problems)[ProblemCode]['status']

/** One fault of a body, query or path: where, which rule, in words. */
export interface FieldError {
  /** RFC 6901 pointer into the body, or `/query/…`, `/params/…`, `/headers/…`. */
  readonly pointer: string
  readonly code: string
  readonly detail: string
}

/** RFC 9457. Extension members stand beside these, as each code defines them. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ProblemCode
  readonly detail?: string
  readonly errors?: readonly FieldError[]
  readonly [extension: string]: unknown
}

export const problemTypeOf = (code: ProblemCode) => `https://atrium.example/problems/${code}`
