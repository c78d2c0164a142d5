import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { pino } from 'pino'
import { temporaryFolder } from '../../../../e2e/support/temporary-folder.ts'
import { randomToken } from '../../../shared/membership/ca-token.ts'
import { type EnrolRequest, signEnrolRequest } from '../../../shared/membership/enrolment.ts'
import type { Clock } from '../../clock.ts'
import { type AuthorityInit, MembershipAuthority } from './authority.ts'
import { loadCaKey } from './ca-file.ts'
import { MembershipStore } from './membership-store.ts'

const log = pino({ level: 'silent' })

export interface TestAuthority {
  authority: MembershipAuthority
  folder: string
  stop(): Promise<void>
}

/** A CA on a folder of its own, or on one that is there already. */
export async function startAuthority(
  clock: Clock,
  folder?: string,
  init?: Partial<AuthorityInit>,
): Promise<TestAuthority> {
  const temporary = folder === undefined ? await temporaryFolder() : undefined
  const path = folder ?? temporary?.path ?? ''
  const store = new MembershipStore(path)
  store.start()
  const components = { store, key: await loadCaKey(path), clock, log }
  const authority = new MembershipAuthority(components, { network: 'charity', ...init })
  await authority.start()
  return {
    authority,
    folder: path,
    stop: async () => {
      await authority.stop()
      store.stop()
      await temporary?.remove()
    },
  }
}

/** A peer with a key of its own, that asks to become a member. */
export class TestPeer {
  readonly privateKey: Ed25519PrivateKey

  constructor(privateKey: Ed25519PrivateKey) {
    this.privateKey = privateKey
  }

  static async make(): Promise<TestPeer> {
    return new TestPeer(await generateKeyPair('Ed25519'))
  }

  get peerId(): string {
    return this.privateKey.publicKey.toString()
  }

  request(
    network: { networkId: string },
    now: number,
    fields: { code?: string | undefined; certificate?: string | undefined; label?: string; vpnKey?: string } = {},
  ): Promise<EnrolRequest> {
    const draft = { peerId: this.peerId, networkId: network.networkId, now, nonce: randomToken(), ...fields }
    return signEnrolRequest(draft, content => this.privateKey.sign(content))
  }
}
