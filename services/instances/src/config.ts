import { peerConfig, readConfig, serviceConfig } from '@atrium/platform/config.ts'
import { Type } from 'typebox'

const schema = Type.Object({
  ...serviceConfig,
  ...peerConfig,
  /** Active instances that one owner may have. */
  INSTANCES_MAX: Type.Integer({ minimum: 1, maximum: 10_000, default: 10 }),
  /** How long a deleted instance can be restored: 30 days. */
  INSTANCE_RETENTION_SECONDS: Type.Integer({ minimum: 0, default: 30 * 86_400 }),
  /** Projects that one owner may have, in all instances together. */
  PROJECTS_MAX: Type.Integer({ minimum: 1, maximum: 10_000, default: 100 }),
  /** How long a deleted project can be restored: 30 days. */
  PROJECT_RETENTION_SECONDS: Type.Integer({ minimum: 0, default: 30 * 86_400 }),
  /** How often the timers look for projects whose retention has passed, and for lost places. */
  PROJECT_TIMER_INTERVAL_SECONDS: Type.Integer({ minimum: 1, default: 60 }),
  /** Contents of projects kept at hand, as JSON; as objects they take several times that. */
  PROJECT_CACHE_BYTES: Type.Integer({ minimum: 1_048_576, default: 32 * 1_048_576 }),
  /** How often the timer looks for instances whose retention has passed. */
  INSTANCE_PURGE_INTERVAL_SECONDS: Type.Integer({ minimum: 1, default: 60 }),
})

export const loadConfig = () => readConfig(schema, process.env)
