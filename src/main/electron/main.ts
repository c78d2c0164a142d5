import * as electron from 'electron'
import { commandArguments } from './command-arguments.ts'
import { runCommand } from './run-command.ts'
import { startDesktop } from './start-desktop.ts'

const args = commandArguments(process.argv)
if (args === undefined) startDesktop(electron, { entryUrl: import.meta.url })
else void runCommand(electron, { args, entryUrl: import.meta.url })
