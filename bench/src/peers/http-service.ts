import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// What stands behind the proxies, as a process: one small answer to everything, and the public keys
// that the gateway asks for. Arguments: the keys as JSON.

const keys = process.argv[2] ?? ''
const item = {
  id: 'ins_0123456789abcdef0123456789abcdef',
  name: 'Personal Workspace',
  version: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
}
const answer = JSON.stringify({ items: [item, item, item], nextCursor: null })

const server = createServer((request, response) => {
  const body = request.url === '/.well-known/jwks.json' ? keys : answer
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
})
server.keepAliveTimeout = 75_000
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
