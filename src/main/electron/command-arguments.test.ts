import { expect, it } from 'vitest'
import { commandArguments } from './command-arguments.ts'

it.each<[string, string[], string[] | undefined]>([
  ['started as an app', ['/opt/app'], undefined],
  ['started hidden', ['/opt/app', '--hidden'], undefined],
  ['started by a link that pretends', ['/opt/app', '--', '--cli'], undefined],
  ['a command', ['/opt/app', '--cli', '--no-sandbox', '--', 'status', '--json'], ['status', '--json']],
  ['a command whose words look like switches', ['/opt/app', '--cli', '--', '--cli', '--'], ['--cli', '--']],
  ['a command without the divider', ['/opt/app', '--cli', 'status'], ['status']],
  ['no command at all', ['/opt/app', '--cli', '--'], []],
])('reads %s', (_what, argv, expected) => {
  expect(commandArguments(argv)).toEqual(expected)
})
