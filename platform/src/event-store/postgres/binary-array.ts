// Arrays in PostgreSQL's binary form: no quoting here, no parsing there. The layout is that of
// array_send: dimensions, null flag, element type, length, lower bound, then each element with its
// size before it.

const oids = { text: 25, json: 114, uuid: 2950, int4: 23, int8: 20 } as const
const headerBytes = 20

export function textArray(type: 'text' | 'json', values: readonly string[]): Buffer {
  let sizeBytes = headerBytes
  for (const value of values) sizeBytes += 4 + Buffer.byteLength(value)
  const array = begin(type, values.length, sizeBytes)
  let at = headerBytes
  for (const value of values) {
    const written = array.write(value, at + 4)
    array.writeInt32BE(written, at)
    at += 4 + written
  }
  return array
}

export function uuidArray(values: readonly string[]): Buffer {
  const array = begin('uuid', values.length, headerBytes + 20 * values.length)
  let at = headerBytes
  for (const value of values) {
    array.writeInt32BE(16, at)
    array.write(value.replaceAll('-', ''), at + 4, 'hex')
    at += 20
  }
  return array
}

export function int4Array(values: readonly number[]): Buffer {
  const array = begin('int4', values.length, headerBytes + 8 * values.length)
  let at = headerBytes
  for (const value of values) {
    array.writeInt32BE(4, at)
    array.writeInt32BE(value, at + 4)
    at += 8
  }
  return array
}

/** Safe integers. */
export function int8Array(values: readonly number[]): Buffer {
  const array = begin('int8', values.length, headerBytes + 12 * values.length)
  let at = headerBytes
  for (const value of values) {
    array.writeInt32BE(8, at)
    array.writeInt32BE(Math.floor(value / 2 ** 32), at + 4)
    array.writeUInt32BE(value >>> 0, at + 8)
    at += 12
  }
  return array
}

function begin(type: keyof typeof oids, length: number, sizeBytes: number): Buffer {
  const array = Buffer.allocUnsafe(sizeBytes)
  array.writeInt32BE(1, 0)
  array.writeInt32BE(0, 4)
  array.writeInt32BE(oids[type], 8)
  array.writeInt32BE(length, 12)
  array.writeInt32BE(1, 16)
  return array
}
