import type { Context } from '@atrium/contracts/context.ts'

/** Where one running platform is: what the operator's commands connect to. */
export interface Deployment {
  readonly contexts: Readonly<
    Record<Context, { readonly databaseUrl: string; readonly url: string | undefined }>
  >
  readonly natsUrl: string
  readonly eventStoreDbUrl: string | undefined
  readonly gatewayUrl: string | undefined
  /** The platform administrator, where the password lies open to whoever runs the commands. */
  readonly administrator: { readonly email: string; readonly password: string } | undefined
  /** Where the local start keeps mails; undefined where mail goes out by SMTP. */
  readonly mailFolder: string | undefined
}
