import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { ConfigInvalid, parseConfig, serviceConfig } from './config.ts'

const schema = Type.Object({
  PORT: Type.Integer({ minimum: 1 }),
  VERBOSE: Type.Boolean({ default: false }),
  RATIO: Type.Number({ default: 1 }),
  SECRET: Type.String({ minLength: 8 }),
  EXTRA: Type.Optional(Type.String()),
})

test('text becomes what the schema says, absent and empty variables their defaults', () => {
  const environment = { PORT: '8080', VERBOSE: 'true', RATIO: '', SECRET: '12345678', OTHER: 'x' }
  expect(parseConfig(schema, environment)).toEqual({
    PORT: 8080,
    VERBOSE: true,
    RATIO: 1,
    SECRET: '12345678',
  })
  expect(parseConfig(schema, { ...environment, VERBOSE: '1' }).VERBOSE).toBe(true)
})

test('every fault is told at once, by name and rule, without a value', () => {
  const parse = () => parseConfig(schema, { PORT: 'http', SECRET: 'hunter2', RATIO: 'much' })
  expect(parse).toThrow(ConfigInvalid)
  expect(parse).toThrow(/PORT must be integer[\s\S]*RATIO must be number[\s\S]*SECRET must not/)
  expect(parse).not.toThrow(/hunter2|http|much/)
  expect(() => parseConfig(schema, {})).toThrow(/PORT is missing[\s\S]*SECRET is missing/)
})

test('what every service reads is complete in itself', () => {
  const faults = /PORT[\s\S]*DATABASE_URL[\s\S]*DATABASE_ROUTES_URL[\s\S]*NATS_URL[\s\S]*AUTH_URL/
  expect(() => parseConfig(Type.Object(serviceConfig), {})).toThrow(faults)
  const least = {
    PORT: '0',
    DATABASE_URL: 'a',
    DATABASE_ROUTES_URL: 'b',
    NATS_URL: 'c',
    AUTH_URL: 'd',
    SERVICE_SECRET: 'e'.repeat(43),
  }
  expect(parseConfig(Type.Object(serviceConfig), least)).toMatchObject({
    PORT: 0,
    HOST: '127.0.0.1',
    LOG_LEVEL: 'info',
    ATRIUM_PARENT: false,
  })
})
