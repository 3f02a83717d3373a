import proxy from '@fastify/http-proxy'
import fastify from 'fastify'

// The peer as a process: @fastify/http-proxy and nothing else. Arguments: where to pass on to.

const app = fastify()
await app.register(proxy, { upstream: process.argv[2] ?? '' })
console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
