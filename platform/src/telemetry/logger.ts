import pino, { type DestinationStream, type Level, type Logger as PinoLogger } from 'pino'
import { scrub, scrubText } from './scrub.ts'

export type Logger = PinoLogger

export interface LoggerOptions {
  /** The service. */
  readonly name: string
  readonly level: Level | 'silent'
  /** Where the lines go; standard output unless given. */
  readonly destination?: DestinationStream
}

/**
 * One JSON object per line. Everything passes `scrub`, fields and messages alike, so that neither a
 * credential nor a personal field is ever written. An error goes under `err`.
 */
export function createLogger({ name, level, destination }: LoggerOptions): Logger {
  const scrubbed = (fields: object) => scrub(fields) as Record<string, unknown>
  const logger = pino(
    {
      level,
      base: { service: name },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'message',
      errorKey: 'err',
      // As it came: `scrub` describes errors itself.
      serializers: { err: (error: unknown) => error },
      formatters: {
        level: (label) => ({ level: label }),
        bindings: scrubbed,
        log: scrubbed,
      },
      hooks: {
        logMethod(args, method) {
          const clean = args.map((arg: unknown) => (typeof arg === 'string' ? scrubText(arg) : arg))
          method.apply(this, clean as Parameters<typeof method>)
        },
      },
    },
    ...(destination ? [destination] : []),
  )
  // The formatter of bindings holds for this logger alone, so its children get theirs clean.
  const { child } = logger
  logger.child = function childOf(this: Logger, bindings: object, options?: object) {
    return child.call(this, scrubbed(bindings), options)
  } as typeof child
  return logger
}
