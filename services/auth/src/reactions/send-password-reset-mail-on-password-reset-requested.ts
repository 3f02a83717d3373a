import type { PasswordResetRequested } from '@atrium/contracts/auth/events.ts'
import { defineReaction } from '@atrium/platform/reactions/reaction.ts'
import type { Users } from '../claiming.ts'
import type { Mailer } from '../mail.ts'
import { resetLinkMinutes } from '../password-reset.ts'
import { encodeResetToken } from '../reset-token.ts'
import { mayReset } from '../user.ts'

export interface Deps {
  readonly users: Users
  readonly mailer: Mailer
  readonly resetTokenKey: Buffer
  /** Of the console, where the link leads. */
  readonly publicUrl: string
  readonly now: () => Date
}

/** Mails the link, unless it was used, has expired, or a newer one was asked for. */
export const sendPasswordResetMailOnPasswordResetRequested = defineReaction<
  PasswordResetRequested,
  Deps
>({
  name: 'send-password-reset-mail-on-password-reset-requested',
  source: 'auth',
  on: 'PasswordResetRequested',
  timeoutMs: 30_000,
  attemptsMax: 8,
  async react(event, { users, mailer, resetTokenKey, publicUrl, now }, signal) {
    const { userId, resetId } = event.data
    const { tenant } = event.metadata
    const { state } = await users.load(tenant, userId)
    if (state.status !== 'registered' || !mayReset(state, resetId, now().toISOString())) {
      return undefined
    }
    const token = encodeResetToken({ tenant, userId, resetId }, resetTokenKey)
    const mail = {
      // By time first: a folder of mails is read in order.
      id: `${event.recordedAt.replaceAll(':', '-')}-${event.id}`,
      to: state.email,
      subject: 'Reset your Atrium password',
      text: textOf(new URL(`/reset-password?token=${token}`, publicUrl)),
    }
    await mailer.send(mail, signal)
    return undefined
  },
})

const textOf = (link: URL) => `Someone asked to reset the password of your Atrium account.

To choose a new one, open this link within ${resetLinkMinutes} minutes. It works once.

${link.href}

If it was not you, there is nothing to do: your password stays as it is.
`
