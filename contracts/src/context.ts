/** The bounded contexts that exist, in the order in which they start. */
export const contexts = ['auth', 'instances'] as const

export type Context = (typeof contexts)[number]
