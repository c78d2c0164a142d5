import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Host } from '../dht/host.ts'
import { longestRetryMs, retryDelay } from '../dht/retry-delay.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { isResting } from '../resting.ts'
import {
  audience,
  duePost,
  dueStatement,
  type Holding,
  nextStatementAt,
  type RecordDraft,
  type Said,
  type Timing,
} from './announce-plan.ts'
import { AnnouncedKeys, declines } from './announced-keys.ts'
import type { Ask } from './ask.ts'
import type { Question } from './channel.ts'
import type { AnswerFrame, StaleFrame } from './frames.ts'
import { KeyLookups } from './key-lookups.ts'
import type { KeyText } from './keys.ts'
import { recordHash, sealRecord, withFittingAddresses } from './record.ts'
import type { Registrars } from './registrars.ts'
import { renewalStateSchema, sealRenewal } from './renewal.ts'
import type { Sequence } from './sequence.ts'
import { provenSeq } from './stale.ts'

const postTimeoutMs = 3 * second
/** Leaving is told to everybody at once, but not waited for longer than this. */
const leaveTimeoutMs = 2 * second
/** Answers that come within this of each other are taken in together. */
const gatherMs: Milliseconds = 50
const maxAddresses = 16

export interface AnnouncerComponents {
  host: Host
  privateKey: Ed25519PrivateKey
  registrars: Registrars
  ask: Ask
  /** Hangs up on a server that does not keep this node's record, unless it is needed otherwise. */
  letGo(peerId: PeerIdText): void
  sequence: Sequence
  clock: Clock
  log: Logger
}

export type AnnouncerInit = Timing

/** Where a registrar that failed stands. */
interface Trouble {
  failures: number
  retryAt: Milliseconds
}

/**
 * Keeps this node's record where others look for it: on the registrars of each of its keys. What to say, and to whom, is
 * decided in announce-plan; this signs, sends and notes what was accepted.
 */
export class Announcer implements Startable {
  readonly #components: AnnouncerComponents
  readonly #timing: Timing
  readonly #self: PeerIdText
  readonly #keys: AnnouncedKeys
  readonly #lookups: KeyLookups
  readonly #holdings = new Map<PeerIdText, Holding>()
  readonly #troubles = new Map<PeerIdText, Trouble>()
  readonly #posting = new Map<PeerIdText, Promise<void>>()
  #life = new AbortController()
  #draft: RecordDraft | undefined
  #said: Said | undefined
  #working: Promise<void> | undefined
  #workAgain = false
  #stopTimer: StopTimer | undefined
  #stopSoon: StopTimer | undefined
  #stopListening: (() => void) | undefined

  constructor(components: AnnouncerComponents, timing: AnnouncerInit) {
    this.#components = components
    this.#timing = timing
    this.#self = components.host.peerId.toString()
    const { registrars, clock, log } = components
    this.#keys = new AnnouncedKeys({ registrars, clock }, this.#self)
    this.#lookups = new KeyLookups(
      { registrars, keys: this.#keys, clock, log },
      { record: () => this.#draft, onLookedUp: () => this.#wake() },
    )
  }

  start(): void {
    this.#life = new AbortController()
    this.#stopListening = this.#components.registrars.onChange(() => this.#wake())
    this.#lookups.start()
    this.#wake()
  }

  stop(): void {
    this.#life.abort()
    this.#stopListening?.()
    this.#lookups.stop()
    this.#stopTimer?.()
    this.#stopSoon?.()
    this.#forgetAll()
  }

  /** How many registrars hold the newest record. */
  get heldBy(): number {
    const newest = this.#said?.recordHash
    return [...this.#holdings.values()].filter(holding => holding.recordHash === newest && !holding.declined).length
  }

  /** Whether a server keeps this node's record, and is told of what becomes of it. */
  isHeldBy(peerId: PeerIdText): boolean {
    const holding = this.#holdings.get(peerId)
    return holding?.declined === false && holding.expiresAt > this.#components.clock.now()
  }

  /** Whether nothing is on its way: what was to be said is said, to everybody who could be reached. */
  get settled(): boolean {
    return this.#working === undefined && this.#posting.size === 0
  }

  /** Makes this known from now on; what changed is sent at once, within the limits of the protocol. */
  update(draft: RecordDraft): void {
    const newServices =
      draft.services.some(service => !this.#draft?.services.includes(service)) || draft.relays !== this.#draft?.relays
    this.#draft = draft
    this.#wake()
    if (newServices) this.#lookups.begin()
  }

  /** Takes the record out of the directory. Resolves once the registrars know, or after 2 s. */
  async leave(): Promise<void> {
    const draft = this.#draft
    if (draft === undefined || this.#said === undefined) {
      this.#draft = undefined
      return
    }
    this.update({ ...draft, state: 'left' })
    await this.#posted()
    if (this.#draft?.state === 'left') {
      this.#draft = undefined
      this.#forgetAll()
    }
  }

  #forgetAll(): void {
    this.#keys.clear()
    this.#said = undefined
    this.#holdings.clear()
    this.#troubles.clear()
  }

  /** Resolves once nothing is being said any more, or after the time for leaving. */
  #posted(): Promise<void> {
    return new Promise(resolve => {
      const stopTimer = this.#components.clock.after(leaveTimeoutMs, resolve)
      const settle = async () => {
        while (this.#working !== undefined || this.#posting.size > 0) {
          await Promise.all([this.#working, ...this.#posting.values()])
        }
        stopTimer()
        resolve()
      }
      void settle()
    })
  }

  #wake(): void {
    this.#stopSoon?.()
    this.#stopSoon = undefined
    this.#workAgain = true
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
      if (this.#workAgain && !this.#life.signal.aborted) this.#wake()
    })
  }

  async #work(): Promise<void> {
    try {
      while (this.#workAgain && !this.#life.signal.aborted) {
        this.#workAgain = false
        await this.#sayWhatIsDue()
        this.#post()
      }
    } catch (error) {
      this.#components.log.warn({ err: error }, 'the worker record could not be announced')
    }
  }

  async #sayWhatIsDue(): Promise<void> {
    const draft = this.#draft
    if (draft === undefined) return
    const addresses = this.#components.host.addresses().slice(0, maxAddresses)
    const statement = dueStatement(draft, addresses, this.#said, this.#components.clock.now(), this.#timing)
    if (statement === 'record') this.#said = await this.#sayRecord(draft, addresses)
    else if (statement === 'renewal' && this.#said !== undefined) this.#said = await this.#sayRenewal(draft, this.#said)
  }

  async #sayRecord(draft: RecordDraft, addresses: string[]): Promise<Said> {
    const { host, privateKey, sequence, clock } = this.#components
    const seq = await sequence.next()
    const issuedAt = clock.now()
    const expiresAt = issuedAt + this.#timing.workerTtlMs
    const record = withFittingAddresses({ ...draft, addresses, seq, issuedAt, expiresAt })
    const recordBytes = await sealRecord(privateKey, host.networkId, record)
    return {
      record,
      addresses,
      recordBytes,
      recordHash: recordHash(recordBytes),
      seq,
      load: record.load,
      state: record.state,
      saidAt: issuedAt,
    }
  }

  async #sayRenewal(draft: RecordDraft, said: Said): Promise<Said> {
    const { host, privateKey, sequence, clock } = this.#components
    const { load, queue } = draft
    // Leaving takes a whole record.
    const state = renewalStateSchema.parse(draft.state)
    const seq = await sequence.next()
    const issuedAt = clock.now()
    const fields = { recordHash: said.recordHash, seq, load, queue, state, issuedAt }
    const renewalBytes = await sealRenewal(privateKey, host.networkId, fields)
    return { ...said, seq, load, state, renewalBytes, saidAt: issuedAt }
  }

  /** Sends each registrar what it lacks; one that is busy or in trouble gets its turn later. */
  #post(): void {
    const said = this.#said
    const draft = this.#draft
    // This may have stopped or left while the record was being signed.
    if (said === undefined || draft === undefined || this.#life.signal.aborted) return
    const now = this.#components.clock.now()
    const audience = this.#audience(said)
    this.#forgetFormer(audience, now)
    for (const [peerId, keys] of audience) {
      const due = duePost(this.#holdings.get(peerId), said, keys)
      const retryAt = this.#troubles.get(peerId)?.retryAt ?? 0
      if (due === 'nothing' || this.#posting.has(peerId) || isResting(retryAt, now, longestRetryMs)) continue
      this.#posting.set(peerId, this.#tell(peerId, due, said, keys))
    }
    this.#setTimer(draft, said, now)
  }

  /** Registrars come and go as long as this node runs: who keeps nothing of it any more is none. */
  #forgetFormer(audience: ReadonlyMap<PeerIdText, unknown>, now: Milliseconds): void {
    for (const [peerId, { expiresAt }] of this.#holdings)
      if (!audience.has(peerId) && expiresAt <= now) this.#holdings.delete(peerId)
    for (const peerId of this.#troubles.keys()) if (!audience.has(peerId)) this.#troubles.delete(peerId)
  }

  #audience(said: Said): Map<PeerIdText, KeyText[]> {
    const registrars = new Map(this.#keys.of(said.record).map(key => [key, this.#keys.registrarsOf(key)]))
    const hearers = audience(registrars, this.#holdings)
    if (said.state !== 'left') return hearers
    // Whoever still holds the record has to know that it is void.
    for (const peerId of this.#holdings.keys()) if (!hearers.has(peerId)) hearers.set(peerId, [])
    return hearers
  }

  async #tell(peerId: PeerIdText, due: 'announce' | 'renew', said: Said, keys: KeyText[]): Promise<void> {
    const answer = await this.#postTo(peerId, due, said, keys)
    this.#posting.delete(peerId)
    if (answer !== undefined && (due === 'announce' || this.#posting.size === 0)) this.#lookFor(said, answer, keys)
    if (this.#posting.size === 0) this.#wake()
    // Nothing comes of a renewal that was heard.
    else if (due === 'announce' || answer?.kind !== 'ok' || said !== this.#said) this.#wakeSoon()
  }

  /** Most answers come together, and to go through all registrars after each would be most of what a heartbeat costs. */
  #wakeSoon(): void {
    if (this.#life.signal.aborted) return
    this.#stopSoon ??= this.#components.clock.after(gatherMs, () => this.#wake())
  }

  /** Resolves with what the registrar answered; undefined where it did not. */
  async #postTo(
    peerId: PeerIdText,
    due: 'announce' | 'renew',
    said: Said,
    keys: KeyText[],
  ): Promise<AnswerFrame | undefined> {
    try {
      const answer = await this.#components.ask(peerId, questionOf(due, said, keys), {
        timeoutMs: postTimeoutMs,
        signal: this.#life.signal,
      })
      if (answer.kind === 'stale') this.#jumpPast(answer)
      // A record carries what its first statement was; a renewal made since then is sent in the next round.
      const seq = due === 'announce' ? said.record.seq : said.seq
      const declined = due === 'announce' && declinesAll(answer, keys)
      const { expiresAt } = said.record
      this.#holdings.set(peerId, { recordHash: said.recordHash, seq, keys, expiresAt, declined })
      if (due === 'announce') this.#keys.note(peerId, keys, answer)
      this.#troubles.delete(peerId)
      if (declined) this.#components.letGo(peerId)
      return answer
    } catch (error) {
      this.#noteTrouble(peerId, due, error)
      return undefined
    }
  }

  #lookFor(said: Said, answer: AnswerFrame, keys: KeyText[]): void {
    if (this.#lookups.running) return
    if (this.#keys.hasNew(said.record)) this.#lookups.begin()
    else if (this.#keys.isElsewhere(answer, keys)) this.#lookups.later('others are closer than those that were asked')
  }

  /**
   * Somebody holds something later of ours: an older copy of this node's data was restored, or its key is in use twice.
   * Throws RECORD_REFUSED where the answer does not prove it: a registrar that lies is one that fails.
   */
  #jumpPast(answer: StaleFrame): void {
    const seq = provenSeq(answer, this.#components.host.networkId, this.#self)
    const said = this.#said
    // One that is above the newest record keeps it out, however often it was renewed since. A renewal may have overtaken another.
    if (said === undefined || seq < said.record.seq || recordHash(answer.record) === said.recordHash) return
    this.#components.log.warn(
      { seq },
      'a registrar holds a later record of this node: its data was restored from a copy, or its identity is in use elsewhere',
    )
    this.#components.sequence.jumpPast(seq)
    this.#said = undefined
  }

  #noteTrouble(peerId: PeerIdText, due: 'announce' | 'renew', error: unknown): void {
    if (this.#life.signal.aborted) return
    // A registrar that refuses a renewal may have restarted: it gets the whole record, and only then counts as failing.
    const known = this.#holdings.delete(peerId)
    if (due === 'renew' && known) return
    const failures = (this.#troubles.get(peerId)?.failures ?? 0) + 1
    const retryAt = this.#components.clock.now() + retryDelay(failures, Math.random())
    this.#troubles.set(peerId, { failures, retryAt })
    this.#components.log.debug({ peer: peerId, failures, err: error }, 'a registrar did not take the record')
  }

  #setTimer(draft: RecordDraft, said: Said, now: Milliseconds): void {
    this.#stopTimer?.()
    const retries = [...this.#troubles.values()]
      .map(({ retryAt }) => retryAt)
      .filter(at => isResting(at, now, longestRetryMs))
    const at = Math.min(nextStatementAt(draft, said, this.#timing), ...retries)
    this.#stopTimer = this.#components.clock.after(Math.max(1, at - now), () => this.#wake())
  }
}

/** Whether a registrar keeps the record under none of the keys. */
function declinesAll(answer: AnswerFrame, keys: readonly KeyText[]): boolean {
  return keys.length > 0 && keys.every(key => declines(answer, key) !== undefined)
}

function questionOf(due: 'announce' | 'renew', said: Said, keys: KeyText[]): Question {
  if (due === 'renew' && said.renewalBytes !== undefined) return { kind: 'renew', renewal: said.renewalBytes }
  return { kind: 'announce', record: said.recordBytes, keys }
}
