import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { formatInvite, parseInvite } from '../../shared/membership/invite.ts'
import { defaultSettings } from '../../shared/schema/settings.ts'
import { systemClock } from '../clock.ts'
import { loadIdentity } from '../config/identity.ts'
import { SettingsStore } from '../config/settings-store.ts'
import { findCaKey } from '../coordinator/ca/ca-file.ts'
import { startApi, type TestApi } from '../coordinator/ca/test-api.ts'
import { startAuthority, type TestAuthority } from '../coordinator/ca/test-authority.ts'
import { joinNetwork } from './join.ts'
import { MembershipFile } from './membership-file.ts'
import { MembershipProtocol } from './membership-protocol.ts'
import { startMember, type TestMember } from './test-member.ts'

const log = pino({ level: 'silent' })
let ca: TestAuthority
let api: TestApi
let folder: { path: string; remove: () => Promise<void> }
let coordinator: TestMember | undefined

beforeEach(async () => {
  ca = await startAuthority(systemClock)
  api = await startApi({ authority: ca.authority })
  folder = await temporaryFolder()
})
afterEach(async () => {
  await coordinator?.stop()
  coordinator = undefined
  await api.stop()
  await ca.stop()
  await folder.remove()
})

async function joining(invite: string, label?: string) {
  const settings = new SettingsStore({ clock: systemClock, log }, { dataFolder: folder.path })
  await settings.load()
  const privateKey = await loadIdentity(folder.path)
  const init = { dataFolder: folder.path, invite, label, signal: AbortSignal.timeout(20_000) }
  const result = await joinNetwork({ privateKey, settings, clock: systemClock, log }, init).catch(error => error.code)
  const kept = await new MembershipFile(folder.path, ca.authority.networkId).read()
  return { result, network: settings.settings.get().network, kept }
}

describe('joining', () => {
  it('enrols over HTTP, keeps the certificate and sets the network', async () => {
    const { invite, link } = ca.authority.createInvite({ uses: 1 }, [api.url])
    const { result, network, kept } = await joining(link, 'the library')
    expect(result).toEqual({ network: 'charity', status: 'member' })
    expect(network).toEqual({
      ...defaultSettings.network,
      name: 'charity',
      caPublicKey: ca.authority.caPublicKey,
      coordinatorUrls: [api.url],
    })
    expect(kept.certificate).toBeDefined()
    expect(ca.authority.members()).toMatchObject([{ label: 'the library' }])
    const file = join(folder.path, 'membership', `${ca.authority.networkId}.json`)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    // Asked again, it is the same member.
    expect((await joining(invite)).result).toMatchObject({ status: 'member' })
  })

  it('enrols over libp2p where the invite names no HTTP address, or none that answers', async () => {
    const key = await findCaKey(ca.folder)
    if (key === undefined) throw new Error('expected a key')
    coordinator = await startMember({ ca: key, roles: ['coordinator'] })
    const { host, lifecycle } = coordinator
    const answer = (request: unknown) => ca.authority.enrol(request)
    const protocol = new MembershipProtocol({ host, answer, clock: systemClock, log })
    await protocol.start()
    lifecycle.add('membership protocol', { start: () => undefined, stop: () => protocol.stop() })
    const addresses = host.libp2p.getMultiaddrs().map(String)
    const { invite } = ca.authority.createInvite({}, ['http://127.0.0.1:9', ...addresses])
    const { result, network } = await joining(invite)
    expect(result).toMatchObject({ status: 'member' })
    expect(network.seeds).toEqual(addresses)
  })

  it('waits for the operator where that is the policy', async () => {
    ca.authority.setPolicy('approval')
    const { network: name, caPublicKey } = parseInvite(ca.authority.createInvite({}, []).invite)
    const { result, network } = await joining(formatInvite({ network: name, caPublicKey, seeds: [api.url] }), 'me')
    expect(result).toEqual({ network: 'charity', status: 'pending' })
    expect(network.name).toBe('charity')
    expect(ca.authority.applications()).toMatchObject([{ label: 'me' }])
  })

  it('changes nothing where it fails, and says why', async () => {
    const used = ca.authority.createInvite({ uses: 1 }, [api.url])
    ca.authority.revokeInvite(used.id)
    const nowhere = ca.authority.createInvite({}, ['http://127.0.0.1:9', '/ip4/127.0.0.1/tcp/9'])
    const elsewhere = ca.authority.createInvite({}, ['/not/an/address'])
    const cases = [
      [used.invite, 'INVITE_REVOKED'],
      [nowhere.invite, 'NO_COORDINATOR'],
      [elsewhere.invite, 'INVITE_MALFORMED'],
      [used.invite.slice(0, -1), 'INVITE_MALFORMED'],
      ['', 'INVITE_MALFORMED'],
    ] as const
    for (const [invite, code] of cases)
      expect(await joining(invite)).toEqual({ result: code, network: defaultSettings.network, kept: {} })
  })
})

it('is not joined where the certificate cannot be kept', async () => {
  // Where the folder of memberships would be.
  await writeFile(join(folder.path, 'membership'), '')
  const { invite } = ca.authority.createInvite({}, [api.url])
  const settings = new SettingsStore({ clock: systemClock, log }, { dataFolder: folder.path })
  await settings.load()
  const privateKey = await loadIdentity(folder.path)
  const init = { dataFolder: folder.path, invite, signal: AbortSignal.timeout(20_000) }
  const joined = joinNetwork({ privateKey, settings, clock: systemClock, log }, init)
  await expect(joined).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  expect(settings.settings.get().network).toEqual(defaultSettings.network)
})

it('a file of membership that is damaged or not there is as good as none', async () => {
  const file = new MembershipFile(folder.path, '0'.repeat(16))
  expect(await file.read()).toEqual({})
  await file.write({ certificate: 'a', revocations: 'b' })
  expect(await file.read()).toEqual({ certificate: 'a', revocations: 'b' })
  for (const damage of ['', '{', '[]', '{"certificate":1}', `{"certificate":"${'x'.repeat(3_000)}"}`]) {
    await writeFile(join(folder.path, 'membership', `${'0'.repeat(16)}.json`), damage)
    expect(await file.read()).toEqual({})
  }
})
