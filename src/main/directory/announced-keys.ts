import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { Clock } from '../clock.ts'
import type { RecordDraft } from './announce-plan.ts'
import { Crowding, keysOfService } from './crowding.ts'
import type { AnswerFrame } from './frames.ts'
import { coordinatorKey, coordinatorsKey, type KeyText, type Position, peerPosition, relaysKey } from './keys.ts'
import type { Registrars } from './registrars.ts'

/** What of a record says under which keys it stands. */
export type Keyed = Pick<RecordDraft, 'services' | 'capabilities' | 'location' | 'relays'>

export interface AnnouncedKeysComponents {
  registrars: Pick<Registrars, 'of' | 'full'>
  clock: Clock
}

/** Under which keys this node's record is to stand, as far as registrars have room for it. */
export class AnnouncedKeys {
  readonly #components: AnnouncedKeysComponents
  readonly #self: PeerIdText
  readonly #position: Position
  readonly #crowding = new Crowding()
  /** Keys that the DHT was asked about since the start. */
  readonly #lookedUp = new Set<KeyText>()

  constructor(components: AnnouncedKeysComponents, self: PeerIdText) {
    this.#components = components
    this.#self = self
    this.#position = peerPosition(self)
  }

  of(record: Keyed): KeyText[] {
    const ofServices = record.services.flatMap(service =>
      keysOfService(service, this.#position, key => this.#isCrowded(key)),
    )
    const relays = record.relays === true ? [relaysKey] : []
    return [...ofServices, ...coordinatorKeysOf(this.#self, record), ...relays]
  }

  /** Those of a key's registrars that are to be asked now. */
  registrarsOf(key: KeyText): PeerIdText[] {
    const now = this.#components.clock.now()
    return this.#allOf(key).filter(peerId => !this.#crowding.isResting(key, peerId, now))
  }

  /** Takes in where a registrar had room. */
  note(peerId: PeerIdText, keys: readonly KeyText[], answer: AnswerFrame): void {
    const now = this.#components.clock.now()
    for (const key of keys) {
      if (declines(answer, key) === 'QUOTA_EXCEEDED') this.#crowding.refused(key, peerId, now, Math.random())
      else this.#crowding.taken(key, peerId, { full: isFull(answer, key) })
    }
  }

  /** Takes in what a lookup has shown of a key's registrars. */
  noteLookup(key: KeyText): void {
    this.#crowding.seen(key, this.#components.registrars.full(key), this.#components.clock.now(), Math.random())
  }

  /** Whether a registrar knows servers that are closer to each of the keys, none of which is known to have no room. */
  isElsewhere(answer: AnswerFrame, keys: readonly KeyText[]): boolean {
    return keys.length > 0 && keys.every(key => declines(answer, key) === 'NOT_REGISTRAR' && !this.#isCrowded(key))
  }

  /** Whether there are keys that the DHT was not asked about yet. */
  hasNew(record: Keyed): boolean {
    return this.of(record).some(key => !this.#lookedUp.has(key))
  }

  /**
   * The next key to look up, besides those that are `done`. Crowded ones are seen again after a while only: all that stand under
   * them, or were turned away, would be a flood.
   */
  nextToLookUp(record: Keyed, done: ReadonlySet<KeyText>): KeyText | undefined {
    const now = this.#components.clock.now()
    const isDue = (key: KeyText) =>
      !this.#lookedUp.has(key) || !this.#isCrowded(key) || this.#crowding.isToBeSeenAgain(key, now)
    const next = this.of(record).find(key => !done.has(key) && isDue(key))
    if (next !== undefined) this.#lookedUp.add(next)
    return next
  }

  clear(): void {
    this.#crowding.clear()
    this.#lookedUp.clear()
  }

  #isCrowded(key: KeyText): boolean {
    return this.#crowding.isCrowded(key, this.#allOf(key), this.#components.clock.now())
  }

  #allOf(key: KeyText): PeerIdText[] {
    return this.#components.registrars.of(key).map(({ peerId }) => peerId)
  }
}

/** Why a registrar does not keep the record under a key; undefined where it does. */
export function declines(answer: AnswerFrame, key: KeyText): string | undefined {
  return answer.kind === 'ok' ? answer.declined?.find(declined => declined.key === key)?.code : undefined
}

/** Whether a registrar that keeps the record under a key says that the key is full. */
function isFull(answer: AnswerFrame, key: KeyText): boolean {
  return answer.kind === 'ok' && answer.full?.includes(key) === true
}

/** Those under which a coordinator is looked for; registrars refuse them to who is not certified. */
function coordinatorKeysOf(self: PeerIdText, { capabilities, location }: Keyed): KeyText[] {
  if (capabilities.workerType !== 'coordinator') return []
  const ofPlace = location === undefined ? [] : [coordinatorsKey(location)]
  return [coordinatorsKey(), coordinatorKey(self), ...ofPlace]
}
