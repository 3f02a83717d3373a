import {
  AppendRefused,
  appendBytesMax,
  appendEventsMax,
  type ExpectedRevision,
  type NewEvent,
} from './port.ts'

/** An event as it goes to a server: its JSON as text, so that both adapters send the same bytes. */
export interface SerialisedEvent {
  readonly id: string
  readonly type: string
  readonly data: string
  readonly metadata: string
}

export interface CheckedAppend {
  readonly stream: string
  readonly events: readonly SerialisedEvent[]
  readonly expected: ExpectedRevision
  /** Data and metadata of all events, in bytes of their JSON. */
  readonly sizeBytes: number
}

/** Longest name of a stream or a type, in bytes of UTF-8: both servers index them. */
export const nameBytesMax = 1_024

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const escapedNull = /(?<!\\)(?:\\\\)*\\u0000/

/**
 * Serialises an append and refuses, before anything is sent, what one of the two servers could
 * never store; so an append means the same on both. Throws AppendRefused; RangeError where the
 * expected revision is no revision.
 */
export function checkAppend(
  stream: string,
  events: readonly NewEvent[],
  expected: ExpectedRevision,
): CheckedAppend {
  if (typeof expected === 'number' && !(Number.isSafeInteger(expected) && expected >= 0)) {
    throw new RangeError(`${expected} is no revision`)
  }
  checkName('stream', stream)
  if (events.length === 0) throw new AppendRefused('empty', `No events for ${stream}`)
  if (events.length > appendEventsMax) {
    throw new AppendRefused('too-large', `${events.length} events, at most ${appendEventsMax}`)
  }
  let sizeBytes = 0
  const serialised = events.map((event) => {
    const checked = serialise(event)
    sizeBytes += Buffer.byteLength(checked.data) + Buffer.byteLength(checked.metadata)
    return checked
  })
  if (sizeBytes > appendBytesMax) {
    throw new AppendRefused('too-large', `${sizeBytes} bytes of JSON, at most ${appendBytesMax}`)
  }
  if (events.length > 1 && new Set(serialised.map(({ id }) => id)).size < events.length) {
    throw new AppendRefused('invalid-event', `An id occurs twice in one append to ${stream}`)
  }
  return { stream, events: serialised, expected, sizeBytes }
}

function serialise({ id, type, data, metadata }: NewEvent): SerialisedEvent {
  if (!uuid.test(id)) throw new AppendRefused('invalid-event', `The event id ${id} is no UUID`)
  checkName('type', type)
  return {
    id: id.toLowerCase(),
    type,
    data: toJson(type, 'data', data),
    metadata: toJson(type, 'metadata', metadata),
  }
}

/** `$` begins the names of EventStoreDB's own streams and events. */
function checkName(what: 'stream' | 'type', name: string) {
  const bad =
    name === '' ||
    name.startsWith('$') ||
    name.includes('\0') ||
    !name.isWellFormed() ||
    Buffer.byteLength(name) > nameBytesMax
  if (bad) throw new AppendRefused('invalid-event', `Not a ${what}'s name: ${JSON.stringify(name)}`)
}

/** U+0000 is refused because PostgreSQL's functions on JSON text fail on it. */
function toJson(type: string, part: string, value: unknown): string {
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch (cause) {
    throw new AppendRefused('not-serialisable', `The ${part} of ${type} is no JSON`, { cause })
  }
  if (json === undefined) {
    throw new AppendRefused('not-serialisable', `The ${part} of ${type} is no JSON`)
  }
  if (json.includes('\\u0000') && escapedNull.test(json)) {
    throw new AppendRefused('invalid-event', `The ${part} of ${type} holds U+0000`)
  }
  return json
}
