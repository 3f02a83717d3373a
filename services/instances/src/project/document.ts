import { descriptionLengthMax } from '@atrium/contracts/instances/project.ts'
import { invalid } from '@atrium/platform/rejection.ts'
import { gathered } from '../json/pointer.ts'
import { isObject, memberOf, type Json, type JsonObject } from '../json/value.ts'
import type { ProjectVersion } from './versions.ts'

/** What of a project can be changed by whoever writes it. */
export interface Draft {
  readonly name: string
  readonly description: string | null
  readonly content: JsonObject
}

export const draftOf = ({ project, content }: ProjectVersion): Draft => ({
  name: project.name,
  description: project.description,
  content,
})

/** Where two versions of a project can differ. */
export const comparable = (draft: Draft, archived: boolean): Json => ({ ...draft, archived })

/**
 * A patched draft as a draft again. Throws Rejection `validation-failed` at what a patch made of it
 * that no project can be.
 */
export function draftFrom(patched: Json): Draft {
  const wrong = (pointer: string, code: string, detail: string) =>
    invalid({ pointer, code, detail })
  if (!isObject(patched)) throw wrong('', 'wrong-type', 'must be an object')
  for (const member of Object.keys(patched)) {
    if (!['name', 'description', 'content'].includes(member)) {
      throw wrong(`/${member.slice(0, 100)}`, 'unknown-field', 'is not a known field')
    }
  }
  const name = memberOf(patched, 'name')
  if (typeof name !== 'string') throw wrong('/name', 'wrong-type', 'must be string')
  const description = memberOf(patched, 'description') ?? null
  if (description !== null && typeof description !== 'string') {
    throw wrong('/description', 'wrong-type', 'must be string or null')
  }
  if ((description?.length ?? 0) > descriptionLengthMax) {
    throw wrong('/description', 'too-long', `has more than ${descriptionLengthMax} characters`)
  }
  const content = memberOf(patched, 'content')
  if (!isObject(content)) throw wrong('/content', 'wrong-type', 'must be object')
  return { name, description, content }
}

/** Pointers of one change that are kept; where there are more, those of what holds them. */
const pointersMax = 100

export const told = (pointers: readonly string[]) => gathered(pointers, pointersMax).toSorted()
