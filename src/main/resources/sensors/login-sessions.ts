import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Milliseconds, second } from '../../../shared/units.ts'
import type { Clock } from '../../clock.ts'
import { type Fact, known, unknown } from '../facts.ts'
import type { Sensor } from './sensor.ts'
import { runTool } from './tool.ts'

/** A login session as systemd-logind tells of it. */
export interface LoginSession {
  /** Missing for those without a screen and a keyboard of this machine, such as SSH. */
  seat: string | undefined
  type: string | undefined
  idle: boolean
  /** When `idle` changed last; of a text terminal: when somebody typed there last. */
  sinceMs: Milliseconds | undefined
}

/** Beside them lie `<id>.ref` and temporary files. */
const sessionId = /^[A-Za-z0-9]{1,16}$/

/** Nobody is logged in at the machine itself. */
const nobody: Milliseconds = Number.MAX_SAFE_INTEGER

/** How long nobody has touched a machine, by the sessions of those who sit at it. */
export function idleOf(sessions: readonly LoginSession[], now: Milliseconds): Milliseconds {
  const times = sessions
    .filter(({ seat }) => seat !== undefined && seat !== '')
    .map(({ type, idle, sinceMs }) => {
      if (!idle && type !== 'tty') return 0
      return sinceMs === undefined || sinceMs === 0 ? nobody : Math.max(0, now - sinceMs)
    })
  return Math.min(nobody, ...times)
}

/** Reads the blocks that `loginctl show-session` prints, one for each session. */
export function parseSessions(text: string): LoginSession[] {
  return text
    .split(/\n\s*\n/)
    .filter(block => block.trim() !== '')
    .map(block => {
      const fields = new Map(block.split('\n').map(line => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]))
      const microseconds = Number(fields.get('IdleSinceHint') ?? Number.NaN)
      return {
        seat: fields.get('Seat'),
        type: fields.get('Type'),
        idle: fields.get('IdleHint') === 'yes',
        sinceMs: Number.isFinite(microseconds) ? Math.round(microseconds / 1_000) : undefined,
      }
    })
}

/** Where systemd-logind keeps a file for each session, named by its id. */
const sessionsFolder = 'run/systemd/sessions'

/**
 * Idle time by systemd-logind, of machines without a desktop app's own means. A short process each time, none where nobody
 * is logged in or nothing logs in.
 */
export function loginSessionSensor({ clock }: { clock: Clock }, { root }: { root: string }): Sensor<Milliseconds> {
  return {
    everyMs: 20 * second,
    async read(signal): Promise<Fact<Milliseconds>> {
      const names = await readdir(join(root, sessionsFolder)).catch(() => undefined)
      if (names === undefined) return unknown('missing')
      const ids = names.filter(name => sessionId.test(name))
      if (ids.length === 0) return known(nobody)
      const properties = ['Seat', 'Type', 'IdleHint', 'IdleSinceHint'].flatMap(name => ['-p', name])
      // Without a bus to reach logind, or when a session has ended meanwhile, nobody can tell.
      const shown = await runTool('loginctl', ['show-session', ...properties, ...ids], signal).catch(() => undefined)
      return shown === undefined ? unknown('missing') : known(idleOf(parseSessions(shown), clock.now()))
    },
  }
}
