import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { Command } from 'commander'
import { simpleParser } from 'mailparser'
import type { Deployment } from '../deployment.ts'
import { print, printList } from '../print.ts'

interface Mail extends Readonly<Record<string, unknown>> {
  readonly file: string
  readonly date: string
  readonly to: string
  readonly subject: string
  readonly text: string
}

/** `atrium mail`: what the local start would have sent. */
export function mailCommand(deployment: () => Promise<Deployment>): Command {
  return new Command('mail')
    .description('mails of the local start, newest last; name one to read it')
    .argument('[file]')
    .option('--json', 'a JSON array')
    .action(async (file: string | undefined, { json = false }: { json?: boolean }) => {
      const { mailFolder } = await deployment()
      if (mailFolder === undefined) throw new Error('this platform sends its mail by SMTP')
      const mails = await readMails(mailFolder)
      if (file === undefined) return list(mails, json)
      const mail = mails.find((one) => one.file === file)
      if (!mail) throw new Error(`there is no mail ${file}; see: atrium mail`)
      print(mail.text)
    })
}

function list(rows: readonly Mail[], json: boolean) {
  printList<Mail>({
    rows,
    json,
    none: 'no mails',
    columns: {
      file: (row) => row.file,
      date: (row) => row.date,
      to: (row) => row.to,
      subject: (row) => row.subject,
    },
  })
}

async function readMails(folder: string): Promise<Mail[]> {
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.eml'))
  const mails = await Promise.all(
    files.map(async (file) => {
      const { date, to, subject, text } = await simpleParser(
        await readFile(path.join(folder, file)),
      )
      return {
        file,
        date: date?.toISOString() ?? '',
        to: [to]
          .flat()
          .map((address) => address?.text ?? '')
          .join(', '),
        subject: subject ?? '',
        text: text ?? '',
      }
    }),
  )
  return mails.toSorted((a, b) => a.date.localeCompare(b.date) || a.file.localeCompare(b.file))
}
