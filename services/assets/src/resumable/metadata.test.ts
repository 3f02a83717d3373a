import { uploadMetadataLengthMax } from '@atrium/contracts/assets/tus-http.ts'
import { Rejection } from '@atrium/platform/rejection.ts'
import { describe, expect, it } from 'vitest'
import { parseMetadata } from './metadata.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const instance = `instanceId ${base64('ins_1')}`

function faultOf(text: string | undefined) {
  try {
    parseMetadata(text)
  } catch (error) {
    if (error instanceof Rejection) return error
    throw error
  }
  throw new Error('nothing was wrong with it')
}

describe('the metadata of an upload', () => {
  it('is pairs of names and values in base64, of which only some are ours', () => {
    const name = `filename ${base64('Zdjęcie, 1.png')}`
    const project = `projectId ${base64('prj_1')}`
    expect(parseMetadata(`${name},${instance}, ${project},isPublic,filetype aW1hZ2U`)).toEqual({
      instanceId: 'ins_1',
      projectId: 'prj_1',
      filename: 'Zdjęcie, 1.png',
    })
    expect(parseMetadata(instance)).toEqual({ instanceId: 'ins_1' })
  })

  it('keeps what a name has of paths and control characters, for the name to be made of it', () => {
    const filename = '../../etc/pass\u0000wd\r\n'
    expect(parseMetadata(`${instance},filename ${base64(filename)}`).filename).toBe(filename)
  })

  it.each([undefined, '', ' ', `filename ${base64('a')}`])(
    'without an instance is 422: %j',
    (text) => {
      expect(faultOf(text)).toMatchObject({
        code: 'validation-failed',
        extensions: { errors: [{ pointer: '/headers/upload-metadata', code: 'required' }] },
      })
    },
  )

  it.each([
    ['filename !!!!', 'no base64'],
    ['filename Y===', 'no base64'],
    ['filename YWJj=YWJj', 'no base64'],
    ['filename YR==', 'no base64'],
    ['filename YQ== YQ==', 'more than a name'],
    ['filename  YQ==', 'more than a name'],
    ['filename /w==', 'no text'],
    ['naïve YQ==', 'not ASCII'],
    [',', 'a name is missing'],
    [`${instance},`, 'a name is missing'],
    [`${instance},${instance}`, 'stands twice'],
    [Array.from({ length: 33 }, (_, index) => `a${index} YQ==`).join(','), 'more than 32 pairs'],
    [`a ${'YWJj'.repeat(uploadMetadataLengthMax / 4)}`, 'longer than'],
  ])('that is not as it should be is 400: %s', (text, why) => {
    const { code, extensions } = faultOf(text)
    expect(code).toBe('malformed-request')
    expect(extensions).toMatchObject({ errors: [{ pointer: '/headers/upload-metadata' }] })
    expect(JSON.stringify(extensions)).toContain(why)
  })
})
