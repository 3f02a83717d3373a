import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { readForm } from './form.ts'

const crlf = '\r\n'

/** The parts of a form, in as many pieces as it has characters. */
async function partsOf(form: string) {
  const body = Readable.from(Array.from(form, (character) => Buffer.from(character)))
  const parts: unknown[] = []
  for await (const part of readForm(body, 'b', { filesMax: 2 })) {
    if (part.kind === 'field') parts.push([part.name, part.value])
    else parts.push([part.name, part.fileName, (await buffer(part.content)).toString()])
  }
  return parts
}

const part = (disposition: string, content = 'x') =>
  ['--b', `Content-Disposition: form-data${disposition}`, '', content, ''].join(crlf)

it('reads fields and files, however they are cut', async () => {
  const content = `${crlf}--${crlf}-b${crlf}--B--` // as near to the delimiter as it may come
  const form = `${part('; name="a"', 'é')}${part('; name=file; filename="f.txt"', content)}--b--`
  expect(await partsOf(form)).toEqual([
    ['a', 'é'],
    ['file', 'f.txt', content],
  ])
})

it.each([
  [String.raw`"a\"b"`, 'a"b'],
  [String.raw`"a\\b"`, String.raw`a\b`],
  [String.raw`"C:\plans\may.pdf"`, String.raw`C:\plans\may.pdf`],
  [String.raw`"a;b=c"`, 'a;b=c'],
  [String.raw`"\\"`, '\\'],
  ['plain', 'plain'],
  [`"a.txt"; filename*=UTF-8''%C3%A9.txt`, 'é.txt'],
  [`"a.txt"; filename*=UTF-8''%C3`, 'a.txt'],
])('takes the name %s as %j', async (written, name) => {
  const form = `${part(`; name="file"; filename=${written}`)}--b--`
  expect(await partsOf(form)).toEqual([['file', name, 'x']])
})

// With a row of 60 backslashes the process hung; the limit is that of the test.
it('reads a name of whatever it is made to its end', async () => {
  for (const filler of ['\\', String.raw`\"`, '"', ';', '; a="', ' ', '"\\']) {
    const [name] = (await partsOf(`${part(`; name="${filler.repeat(601)}`)}--b--`)) as [
      string,
      string,
    ][]
    expect(name?.[1], filler).toBe('x')
  }
})

/** Every way in which a delimiter may be told from what only begins like one. */
const contents = [
  '',
  '\r',
  crlf,
  '\r\n--',
  '\r\n--boundar',
  '\r\n--boundarz',
  '\r\r\n--bou\r\n--b\r',
]
const head = 'content-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'

it('gives the bytes of files as they were sent, in pieces of any size', async () => {
  const parts = contents.map((content) => `--boundary\r\n${head}${content}\r\n`)
  const body = Buffer.from(`${parts.join('')}--boundary--\r\n`)
  for (let bytes = 1; bytes < 40; bytes += 1) {
    const count = Math.ceil(body.length / bytes)
    const pieces = Array.from({ length: count }, (_, at) =>
      body.subarray(at * bytes, (at + 1) * bytes),
    )
    const files: string[] = []
    for await (const each of readForm(Readable.from(pieces), 'boundary', { filesMax: 20 })) {
      if (each.kind === 'file') files.push((await buffer(each.content)).toString())
    }
    expect(files, `${bytes}`).toEqual(contents)
  }
})

it('hands a piece on as it came where nothing of a delimiter is in it', async () => {
  const piece = Buffer.alloc(1_000, 'x')
  const pieces = [Buffer.from(`--boundary\r\n${head}`), piece, Buffer.from('\r\n--boundary--')]
  const given: Buffer[] = []
  for await (const each of readForm(Readable.from(pieces), 'boundary', { filesMax: 1 })) {
    if (each.kind === 'file') for await (const chunk of each.content) given.push(chunk)
  }
  expect(given.map((chunk) => chunk.buffer)).toEqual([piece.buffer])
})
