import { EventEmitter } from 'node:events'
import { expect, it, vi } from 'vitest'
import { createLog, LogBuffer } from '../log.ts'
import { guardAgainstCrashes } from './crash-guard.ts'

it('writes a crash down and starts anew, once', () => {
  const program = new EventEmitter()
  const buffer = new LogBuffer()
  const restart = vi.fn()
  guardAgainstCrashes({ process: program, log: createLog({ level: 'info', buffer }) }, { restart })
  program.emit('unhandledRejection', new Error('not looked at'))
  expect(restart).not.toHaveBeenCalled()
  program.emit('uncaughtException', new Error('boom'))
  program.emit('uncaughtException', new Error('boom again'))
  expect(restart).toHaveBeenCalledOnce()
  expect(buffer.latest(10).map(({ details }) => details)).toMatchObject([
    { err: { message: 'not looked at' } },
    { err: { message: 'boom' } },
    { err: { message: 'boom again' } },
  ])
})
