/**
 * The bounded contexts that exist, in the order in which they start. A name has no dash: a stream's
 * category is what stands before the first one.
 */
export const contexts = ['auth', 'instances', 'assets', 'pdf'] as const

export type Context = (typeof contexts)[number]
