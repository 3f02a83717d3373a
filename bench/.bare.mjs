import fastify from 'fastify'
import proxy from '@fastify/http-proxy'
const app = fastify()
app.register(proxy, { upstream: 'http://127.0.0.1:4100' })
await app.listen({ port: 4101, host: '127.0.0.1' })
