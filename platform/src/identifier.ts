import { v5, v7 } from 'uuid'

/** A new id: prefix, underscore, a version 7 UUID without dashes, so ids sort by their time. */
export const newId = (prefix: string) => `${prefix}_${v7().replaceAll('-', '')}`

const namespace = '5a1c3c1e-7c0e-5f0a-9a51-6f0d2a7be0c4'

/** The same id for the same parts, always: a version 5 UUID of them. */
export const derivedId = (prefix: string, ...parts: readonly string[]) =>
  `${prefix}_${v5(parts.join('\n'), namespace).replaceAll('-', '')}`

/** A command id for a request that brought none. */
export const newCommandId = () => v7()

/** The same command id for the same parts: what a redelivered event derives its command from. */
export const derivedCommandId = (...parts: readonly string[]) => v5(parts.join('\n'), namespace)

/** The id of a command's n-th event, so that a retried command writes the same events. */
export const eventIdOf = (commandId: string, index: number) =>
  v5(`${commandId}\n${index}`, namespace)
