import { Command } from 'commander'
import { assetsCommand } from './commands/assets.ts'
import { doctorCommand } from './commands/doctor.ts'
import { eventsCommand } from './commands/events.ts'
import { importCommand } from './commands/import-planners.ts'
import { mailCommand } from './commands/mail.ts'
import { parkedCommand } from './commands/parked.ts'
import { projectionsCommand } from './commands/projections.ts'
import { tenantsCommand } from './commands/tenants.ts'
import { verifyCommand } from './commands/verify.ts'
import { findDeployment } from './config.ts'
import { wordsOf } from './words-of.ts'

const program = new Command('atrium')
  .description("the operator's commands")
  .showHelpAfterError('(see: atrium --help)')
  .addCommand(eventsCommand(findDeployment))
  .addCommand(parkedCommand(findDeployment))
  .addCommand(projectionsCommand(findDeployment))
  .addCommand(tenantsCommand(findDeployment))
  .addCommand(assetsCommand(findDeployment))
  .addCommand(mailCommand(findDeployment))
  .addCommand(importCommand(findDeployment))
  .addCommand(doctorCommand(findDeployment))
  .addCommand(verifyCommand(findDeployment))

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`atrium: ${wordsOf(error)}\n`)
  process.exitCode = 1
}
