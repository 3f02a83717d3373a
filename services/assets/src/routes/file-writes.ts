import * as contract from '@atrium/contracts/assets/file-http.ts'
import { laterOf, pointOf } from '@atrium/platform/decider/point.ts'
import { mount } from '@atrium/platform/http/route.ts'
import type { FastifyInstance } from 'fastify'
import { demandAccess } from '../files/open-path.ts'
import { parseEntryPath } from '../files/path.ts'
import { writeFile } from '../files/write-file.ts'
import { type Deps, open, writtenView } from './opened-file.ts'

export function mountFileWrites(app: FastifyInstance, deps: Deps) {
  mount(app, contract.writeFile, async (exchange) => {
    const { caller, params, headers, cause, at, newId, signal } = exchange
    const { instanceId } = params
    const path = parseEntryPath(params.path)
    const opened = await open(deps, exchange, path)
    demandAccess(opened, 'write')
    const { written, stored } = await writeFile(deps, {
      cause,
      instanceId,
      ownerId: opened.ownerId,
      writtenBy: caller.userId,
      path,
      body: exchange.bodyStream,
      lengthBytes: Number(headers['content-length'] ?? 0),
      expectedVersion: exchange.expectedVersion,
      mustBeNew: headers['if-none-match']?.trim() === '*',
      at,
      newId,
      signal,
    })
    const body = writtenView(written.state, path)
    return {
      status: body.version === 1 ? 201 : 200,
      body,
      version: body.version,
      written: laterOf(stored, pointOf(written)),
    }
  })
}
