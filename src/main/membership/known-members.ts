import type { Role } from '../../shared/membership/certificate.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { HeldCertificate, Trust } from './trust.ts'

const maxKnown = 10_000

/** Members this node has met, or whose certificates others have passed on; those unheard of longest are forgotten. */
export class KnownMembers {
  readonly #trust: Trust
  readonly #known = new Map<PeerIdText, HeldCertificate>()

  constructor({ trust }: { trust: Trust }) {
    this.#trust = trust
  }

  /** Takes in a certificate that was verified. */
  add(certificate: HeldCertificate): void {
    const { peerId } = certificate
    const known = this.#known.get(peerId)
    this.#known.delete(peerId)
    this.#known.set(peerId, known !== undefined && known.issuedAt > certificate.issuedAt ? known : certificate)
    const [oldest] = this.#known.keys()
    if (this.#known.size > maxKnown && oldest !== undefined) this.#known.delete(oldest)
  }

  /** Takes in what somebody has passed on, as far as the CA has signed it and it counts. */
  async addAll(tokens: readonly string[]): Promise<void> {
    const held = new Set([...this.#known.values()].map(({ token }) => token))
    const fresh = tokens.filter(token => !held.has(token))
    const read = await Promise.allSettled(fresh.map(token => this.#trust.read(token)))
    for (const result of read) if (result.status === 'fulfilled') this.add(result.value)
  }

  /** A certificate that counts now. */
  certificateOf(peerId: PeerIdText): HeldCertificate | undefined {
    const certificate = peerId === this.#trust.selfId ? this.#trust.certificate.get() : this.#known.get(peerId)
    return certificate !== undefined && this.#counts(certificate) ? certificate : undefined
  }

  /** None of whom is no member, or is not known. */
  rolesOf(peerId: PeerIdText): readonly Role[] {
    return this.certificateOf(peerId)?.roles ?? []
  }

  #counts(certificate: HeldCertificate): boolean {
    try {
      this.#trust.recheck(certificate)
      return true
    } catch {
      return false
    }
  }
}
