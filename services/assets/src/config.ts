import { peerConfig, readConfig, serviceConfig } from '@atrium/platform/config.ts'
import { Type } from 'typebox'

const schema = Type.Object({ ...serviceConfig, ...peerConfig })

export const loadConfig = () => readConfig(schema, process.env)
