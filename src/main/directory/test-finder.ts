import { pino } from 'pino'
import { TurnedClock } from '../clock.ts'
import type { Question } from './channel.ts'
import { EnvelopeCache } from './envelope-cache.ts'
import { Finder } from './finder.ts'
import type { AnswerFrame } from './frames.ts'
import type { Registrar } from './registrars.ts'
import { testNetworkId, testNow } from './test-records.ts'

export type Answer = Promise<AnswerFrame>

export const found = (records: Uint8Array[], renewals: Uint8Array[] = [], kept: number[] = []): Answer =>
  Promise.resolve({ kind: 'found', id: 0, records, renewals, kept, total: records.length })
export const nobody = () => found([])
export const silence = () => new Promise<never>(() => undefined)

/** A finder, and registrars that answer it as a test says. */
export class FinderOfTests {
  readonly clock = new TurnedClock(testNow)
  /** What each registrar answers; asked in the order of their names. */
  answers: Record<string, () => Answer> = {}
  asked: string[] = []
  questions: Question[] = []
  readonly forgotten: string[] = []
  readonly letGo: string[] = []
  refresh: (key: string) => Promise<boolean> = async () => true
  readonly finder: Finder

  constructor() {
    const names = () => Object.keys(this.answers)
    const registrars = {
      self: { ...registrarOf('self'), party: 'self' },
      get others() {
        return names().length
      },
      of: () =>
        names()
          .filter(peerId => !this.forgotten.includes(peerId))
          .map(registrarOf),
      refresh: (key: string) => this.refresh(key),
      forget: (peerId: string) => void this.forgotten.push(peerId),
    }
    this.finder = new Finder({
      registrars,
      ask: (peerId, question) => {
        this.asked.push(peerId)
        this.questions.push(question)
        return this.answers[peerId]?.() ?? nobody()
      },
      letGo: peerId => void this.letGo.push(peerId),
      envelopes: new EnvelopeCache({ networkId: testNetworkId }),
      clock: this.clock,
      log: pino({ level: 'silent' }),
    })
  }
}

function registrarOf(peerId: string): Registrar {
  return { peerId, group: peerId, position: new Uint8Array(32), connected: true }
}
