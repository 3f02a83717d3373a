import { blobConfig, peerConfig, readConfig, serviceConfig } from '@atrium/platform/config.ts'
import { Type } from 'typebox'

const seconds = (byDefault: number, minimum = 1) => Type.Integer({ minimum, default: byDefault })

const schema = Type.Object({
  ...serviceConfig,
  ...peerConfig,
  ...blobConfig,
  /** What one render may use: a process that comes to a limit is killed. */
  MAX_PDF_PAGES: Type.Integer({ minimum: 1, maximum: 100_000, default: 1_000 }),
  MAX_PDF_SIZE_MB: Type.Integer({ minimum: 1, maximum: 10_000, default: 50 }),
  MAX_PDF_MEMORY_MB: Type.Integer({ minimum: 128, maximum: 65_536, default: 512 }),
  PDF_TIMEOUT_SECONDS: seconds(600),
  /** How long a PDF can be downloaded. */
  PDF_RETENTION_SECONDS: seconds(86_400),
  /** Renders at once, each in a process of its own. */
  PDF_RENDERS_MAX: Type.Integer({ minimum: 1, maximum: 256, default: 2 }),
  /** Previews at once, beside them. */
  PDF_PREVIEWS_MAX: Type.Integer({ minimum: 1, maximum: 256, default: 2 }),
  PDF_PREVIEW_TIMEOUT_SECONDS: seconds(10),
  /** A render process is replaced after so many tasks. */
  PDF_PROCESS_TASKS_MAX: Type.Integer({ minimum: 1, maximum: 100_000, default: 100 }),
  /** Tier `free`: jobs of an owner in a day, and rendered at once. */
  PDF_JOBS_PER_DAY_MAX: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 100 }),
  PDF_JOBS_AT_ONCE_MAX: Type.Integer({ minimum: 1, maximum: 1_000, default: 2 }),
  /** Devices that one person may describe. */
  PDF_DEVICES_MAX: Type.Integer({ minimum: 1, maximum: 1_000, default: 20 }),
  /** How often the timer lets go of what nobody needs, and holds store and read model together. */
  PDF_LET_GO_INTERVAL_SECONDS: seconds(60),
  PDF_COMPARE_INTERVAL_SECONDS: seconds(86_400),
  /** Bytes that nothing names are removed when they are older. */
  PDF_UNSETTLED_SECONDS: seconds(3_600),
})

export const loadConfig = () => readConfig(schema, process.env)
