import { encodeBase64url } from '../../../../shared/membership/base64url.ts'
import type { CaKey } from '../../../../shared/membership/ca-key.ts'
import type { Role } from '../../../../shared/membership/certificate.ts'
import { type Lighthouse, signVpnLease } from '../../../../shared/membership/vpn-lease.ts'
import type { PeerIdText } from '../../../../shared/schema/primitives.ts'
import { day, hour, type Milliseconds, minute } from '../../../../shared/units.ts'
import type { MembershipStore } from '../membership-store.ts'
import { chooseHost, ipOf } from './vpn-address.ts'
import { VpnCa } from './vpn-ca.ts'

/** Short: a member that was taken out while nobody heard of it is out of the VPN after that. */
export const vpnLeaseLifeMs = 24 * hour
/** Nebula knows no leeway for clocks. */
const backdatedMs = 10 * minute
/** An address whose last lease ended that long ago may be another's. */
const addressKeptMs = 30 * day

export interface VpnRegistryComponents {
  store: MembershipStore
  key: CaKey
}

export interface VpnRegistryInit {
  networkId: string
  lighthouses(): readonly Lighthouse[]
  /** Default 24 h. */
  lifeMs?: Milliseconds
}

export interface LeaseRequest {
  peerId: PeerIdText
  roles: readonly Role[]
  /** X25519, base64url. */
  vpnKey: string
  ip: string
  now: Milliseconds
}

/** Gives members their addresses in the VPN and the certificates for them. */
export class VpnRegistry {
  readonly #components: VpnRegistryComponents
  readonly #init: VpnRegistryInit
  readonly #ca: VpnCa

  constructor(components: VpnRegistryComponents, init: VpnRegistryInit) {
    this.#components = components
    this.#init = init
    this.#ca = new VpnCa(init.networkId, components.key)
  }

  /** The member's address, from now on and for good; `wanted` is the one a certificate of the CA says it has. */
  address(peerId: PeerIdText, wanted: string | undefined, now: Milliseconds): string {
    const { store } = this.#components
    return store.transaction(() => {
      const until = now + this.#lifeMs
      const known = store.vpnHost(peerId)
      const host = known ?? chooseHost(peerId, wanted, new Set(store.vpnHosts(now - addressKeptMs)))
      store.putVpnHost(peerId, host, until)
      return ipOf(host)
    })
  }

  /** A signed lease; its certificate is on record before anybody has it, so that it can be taken back. */
  async lease({ peerId, roles, vpnKey, ip, now }: LeaseRequest): Promise<string> {
    const { store, key } = this.#components
    const { networkId, lighthouses } = this.#init
    const expiresAt = now + this.#lifeMs
    const member = { ip, key: vpnKey, roles, issuedAt: now - backdatedMs, expiresAt }
    const { pem, fingerprint } = this.#ca.sign(member)
    store.addVpnCertificate(encodeBase64url(fingerprint), peerId, expiresAt, now)
    const lease = {
      net: networkId,
      peer: peerId,
      ip,
      key: vpnKey,
      authority: this.#ca.certificate.pem,
      certificate: pem,
      issuedAt: now,
      expiresAt,
      lighthouses: lighthouses().filter(lighthouse => lighthouse.ip !== ip),
    }
    return signVpnLease(lease, key)
  }

  /** Fingerprints, base64url, of what was given to a peer by `issuedBy` and still counts. */
  certificatesOf(peerId: PeerIdText, { now, issuedBy }: { now: Milliseconds; issuedBy: Milliseconds }): string[] {
    return this.#components.store.vpnCertificates(peerId, { after: now, by: issuedBy + this.#lifeMs })
  }

  get #lifeMs(): Milliseconds {
    return this.#init.lifeMs ?? vpnLeaseLifeMs
  }
}
