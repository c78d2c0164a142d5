import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { pino } from 'pino'
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { type CaKey, generateCaKey } from '../../shared/membership/ca-key.ts'
import { networkId } from '../../shared/membership/network-id.ts'
import { signRevocations } from '../../shared/membership/revocations.ts'
import { minute } from '../../shared/units.ts'
import { type HeldMembership, MembershipFile } from './membership-file.ts'
import { testCertificate, testNetwork } from './test-member.ts'
import { Trust } from './trust.ts'

let ca: CaKey
let id: string
let selfId: string
let folder: { path: string; remove: () => Promise<void> }
let file: MembershipFile
let trust: Trust

beforeAll(async () => {
  ca = await generateCaKey()
  id = networkId(testNetwork, ca.publicKey)
  selfId = (await generateKeyPair('Ed25519')).publicKey.toString()
})
beforeEach(async () => {
  folder = await temporaryFolder()
  file = new MembershipFile(folder.path, id)
  trust = trustOn(file)
})
afterEach(() => folder.remove())

function trustOn(held: Pick<MembershipFile, 'read' | 'write'>): Trust {
  const log = pino({ level: 'silent' })
  return new Trust({ file: held, now: Date.now, log }, { selfId, networkId: id, caPublicKey: ca.publicKey })
}

const listOf = (version: number) => signRevocations({ net: id, version, revoked: {} }, ca)

it('counts on what the CA has signed though the disk takes nothing, and keeps all of it once it does', async () => {
  const [certificate, list, newer] = [await testCertificate(ca, selfId), await listOf(1), await listOf(2)]
  const obstacle = join(folder.path, 'membership')
  await writeFile(obstacle, '')
  expect(await trust.adopt(certificate)).toMatchObject({ token: certificate })
  expect(await trust.adoptRevocations(list)).toBe(true)
  expect([trust.certificate.get()?.token, trust.revocationsVersion]).toEqual([certificate, 1])
  await expect(trust.kept()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  await rm(obstacle)
  await trust.adoptRevocations(newer)
  await trust.kept()
  expect(await file.read()).toEqual({ certificate, revocations: newer })
})

it('keeps a certificate and a list that come at the same time', async () => {
  const [old, renewed] = [
    await testCertificate(ca, selfId, ['donor'], Date.now() - minute),
    await testCertificate(ca, selfId),
  ]
  await trust.adopt(old)
  const list = await listOf(1)
  await Promise.all([trust.adopt(renewed), trust.adoptRevocations(list)])
  expect(await file.read()).toEqual({ certificate: renewed, revocations: list })
})

it('writes one state after the other, however long a write takes', async () => {
  const writes: HeldMembership[] = []
  const disk = Promise.withResolvers<void>()
  const slow = trustOn({
    read: async () => ({}),
    write: held => {
      writes.push(held)
      return disk.promise
    },
  })
  const [certificate, list] = [await testCertificate(ca, selfId), await listOf(1)]
  const adopting = slow.adopt(certificate)
  await vi.waitFor(() => expect(writes).toEqual([{ certificate }]))
  const listing = slow.adoptRevocations(list)
  await vi.waitFor(() => expect(slow.revocationsVersion).toBe(1))
  await new Promise(setImmediate)
  expect(writes).toHaveLength(1)
  disk.resolve()
  await Promise.all([adopting, listing])
  expect(writes[1]).toEqual({ certificate, revocations: list })
})
