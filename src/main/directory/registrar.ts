import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { KiB } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Contacts } from '../dht/contacts.ts'
import { nameCloser } from './closer.ts'
import type { AnnounceFrame, AnswerFrame, FindFrame, RequestFrame } from './frames.ts'
import type { Registry } from './registry.ts'
import type { Asker } from './server.ts'

/** Of all certificates in one answer, in characters: what `found` has room for beside its records. */
const maxCertificatesLength = 56 * KiB

export interface RegistrarServiceComponents {
  registry: Registry
  /** Whom this node names to those who ask who is close to a place. */
  contacts: Pick<Contacts, 'closest'>
  /** The certificate of a member this node knows; none in an open network. */
  certificateOf?(peerId: PeerIdText): string | undefined
  clock: Clock
}

/** Turns requests into calls on the registry; the same for questions from peers and this node's own. */
export class RegistrarService {
  readonly #components: RegistrarServiceComponents
  readonly #listeners = new Set<() => void>()

  constructor(components: RegistrarServiceComponents) {
    this.#components = components
  }

  /** Throws what the registry throws. */
  answer(request: RequestFrame, asker: Asker): AnswerFrame {
    switch (request.kind) {
      case 'announce':
        return this.#announce(request, asker)
      case 'renew':
        return { id: request.id, ...this.#components.registry.renew(request.renewal, { ...asker, now: this.#now() }) }
      case 'find':
        return this.#find(request)
      case 'closest':
        return nameCloser(request, this.#components.contacts, asker.from)
    }
  }

  /** Calls `listener` after each record that was taken in, until the returned function is called. */
  onAnnounced(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #announce({ id, record, keys }: AnnounceFrame, asker: Asker): AnswerFrame {
    const result = this.#components.registry.announce(record, { keys, ...asker, now: this.#now() })
    if (result.kind === 'stale') return { id, ...result }
    for (const listener of this.#listeners) listener()
    const { kind, declined, full } = result
    return { id, kind, ...(declined.length === 0 ? {} : { declined }), ...(full.length === 0 ? {} : { full }) }
  }

  #find({ id, key, limit, filter, known, seed }: FindFrame): AnswerFrame {
    const { signers, ...result } = this.#components.registry.find(key, {
      limit,
      ...(filter === undefined ? {} : { filter }),
      ...(known === undefined ? {} : { known }),
      ...(seed === undefined ? {} : { seed }),
      now: this.#now(),
      random: Math.random,
    })
    const certificates = this.#certificatesOf(signers)
    return { id, kind: 'found', ...result, ...(certificates.length === 0 ? {} : { certificates }) }
  }

  /** Of whoever signed what is answered, so that the asker knows their roles before it is connected with them. */
  #certificatesOf(signers: readonly PeerIdText[]): string[] {
    const certificates: string[] = []
    let length = 0
    for (const signer of signers) {
      const certificate = this.#components.certificateOf?.(signer)
      if (certificate === undefined) continue
      length += certificate.length
      if (length > maxCertificatesLength) break
      certificates.push(certificate)
    }
    return certificates
  }

  #now(): number {
    return this.#components.clock.now()
  }
}
