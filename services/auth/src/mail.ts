import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import nodemailer from 'nodemailer'

export interface Mail {
  /** The same for the same mail: a second delivery of it replaces the first, or can be told. */
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
}

export interface Mailer {
  /** Throws where the mail was not taken. */
  send(mail: Mail, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface MailerOptions {
  readonly from: string
  /** Where mails go: a server, or a folder that gets one .eml file each. */
  readonly smtpUrl?: string | undefined
  readonly folder?: string | undefined
}

const smtpTimeoutMs = 10_000

export async function createMailer({ from, smtpUrl, folder }: MailerOptions): Promise<Mailer> {
  if (smtpUrl !== undefined) return createSmtpMailer(from, smtpUrl)
  if (folder === undefined) throw new Error('SMTP_URL or MAIL_DIR must say where mails go')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return createFolderMailer(from, folder)
}

const messageOf = (from: string, { id, ...mail }: Mail) => ({
  ...mail,
  from,
  messageId: `<${id}@atrium>`,
  headers: { 'Auto-Submitted': 'auto-generated' },
})

function createSmtpMailer(from: string, smtpUrl: string): Mailer {
  const transport = nodemailer.createTransport({
    url: smtpUrl,
    pool: true,
    connectionTimeout: smtpTimeoutMs,
    socketTimeout: smtpTimeoutMs,
  })
  return {
    async send(mail) {
      await transport.sendMail(messageOf(from, mail))
    },
    async close() {
      transport.close()
    },
  }
}

function createFolderMailer(from: string, folder: string): Mailer {
  const transport = nodemailer.createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
  })
  return {
    async send(mail) {
      const { message } = await transport.sendMail(messageOf(from, mail))
      await writeWhole(join(folder, `${mail.id}.eml`), message)
    },
    async close() {
      transport.close()
    },
  }
}

/** Whoever lists the folder sees the whole file or none. */
async function writeWhole(path: string, content: string | Buffer | NodeJS.ReadableStream) {
  if (typeof content !== 'string' && !Buffer.isBuffer(content)) {
    throw new Error('the mail was not built as a whole')
  }
  const part = `${path}.${process.pid}.part`
  const file = await open(part, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(part, path)
}
