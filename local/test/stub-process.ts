import { type RequestListener, createServer } from 'node:http'

/** Stands in for a service or the gateway: answers its environment, ends with its parent. */
const { PORT, OPERATIONS_PORT, STUB_FAILS, STUB_SILENT } = process.env
const answer: RequestListener = (_request, response) => response.end(JSON.stringify(process.env))

if (STUB_FAILS !== undefined && process.cwd().endsWith(STUB_FAILS)) process.exit(3)
const isSilent = STUB_SILENT !== undefined && process.cwd().endsWith(STUB_SILENT)
for (const port of isSilent ? [] : [PORT, OPERATIONS_PORT]) {
  if (port !== undefined) createServer(answer).listen(Number(port), '127.0.0.1')
}
process.on('SIGTERM', () => {
  console.log(`stopped at ${performance.timeOrigin + performance.now()}`)
  process.exit(0)
})
process.stdin.on('end', () => process.exit(0)).resume()
