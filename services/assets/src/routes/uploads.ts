import * as contract from '@atrium/contracts/assets/http.ts'
import { escapePointer, isStorable } from '@atrium/platform/http/body.ts'
import type { Exchange } from '@atrium/platform/http/exchange.ts'
import { mount } from '@atrium/platform/http/route.ts'
import { invalid } from '@atrium/platform/rejection.ts'
import type { FastifyInstance } from 'fastify'
import { boundaryOf, readForm, type FormPart } from '../uploads/form.ts'
import { createUpload, type Upload, type UploadDeps } from '../uploads/upload.ts'

type UploadExchange = Exchange<typeof contract.uploadAssets>

export function mountUploads(app: FastifyInstance, deps: UploadDeps) {
  mount(app, contract.uploadAssets, async (exchange) => {
    const { caller, cause, newId, signal } = exchange
    const upload = createUpload(deps, {
      cause,
      ownerId: caller.userId,
      reservationId: newId('rsv'),
      signal,
    })
    try {
      await receiveForm(upload, exchange)
      const { assets, ...written } = await upload.finish()
      return { status: 201, body: { items: assets }, written }
    } catch (error) {
      await upload.abandon(error)
      throw error
    }
  })
}

async function receiveForm(upload: Upload, { bodyStream, headers, newId }: UploadExchange) {
  const boundary = boundaryOf(headers['content-type'])
  const lengthBytes = Number(headers['content-length'] ?? 0)
  let files = 0
  for await (const part of readForm(bodyStream, boundary, { filesMax: contract.uploadFilesMax })) {
    if (part.kind === 'field') {
      noteField(upload, part)
    } else {
      if (part.name !== 'file') throw unknownField(part.name)
      await upload.receive({
        assetId: newId('ast', String(files)),
        name: part.fileName,
        source: part.content,
        certainBytes: certainBytesOf(part.startsAtByte, lengthBytes, boundary),
      })
      files += 1
    }
  }
  if (files === 0) throw invalid({ pointer: '/file', code: 'required', detail: 'is missing' })
}

function noteField({ place }: Upload, { name, value }: Extract<FormPart, { kind: 'field' }>) {
  if (name !== 'instanceId' && name !== 'projectId') throw unknownField(name)
  if (place[name] !== undefined) {
    throw invalid({ pointer: `/${name}`, code: 'not-allowed', detail: 'is given twice' })
  }
  if (!isStorable(value)) {
    const detail = 'holds U+0000 or a lone surrogate'
    throw invalid({ pointer: `/${name}`, code: 'invalid-text', detail })
  }
  place[name] = value
}

const unknownField = (name: string) =>
  invalid({
    pointer: `/${escapePointer(name)}`,
    code: 'unknown-field',
    detail: 'is not a known field',
  })

/** What may stand behind a file in the form: two fields, or the head of one more file. */
const behindFileBytes = 4_096

/** As much of the body as can hardly be anything but bytes of this file, or of files behind it. */
function certainBytesOf(startsAtByte: number, lengthBytes: number, boundary: string): number {
  const closingBytes = boundary.length + '\r\n----\r\n'.length
  return Math.max(0, lengthBytes - startsAtByte - closingBytes - behindFileBytes)
}
