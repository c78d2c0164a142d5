import type { Connection } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { expect, it, vi } from 'vitest'
import { generateCaKey } from '../../shared/membership/ca-key.ts'
import { issueCertificate } from '../../shared/membership/certificate.ts'
import { signRevocations } from '../../shared/membership/revocations.ts'
import { hour, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import {
  decodeHello,
  decodeHelloAnswer,
  encodeHello,
  type Hello,
  type HelloAnswer,
  maxHelloAnswerBytes,
} from '../directory/hello-frames.ts'
import { unverifiedForMs } from '../membership/gate.ts'
import { membersOfTests, type TestMember, testCertificate } from '../membership/test-member.ts'

const ca = await generateCaKey()
const start = membersOfTests({ ca, roles: ['donor'] })

const dial = (from: TestMember, to: TestMember): Promise<Connection> =>
  from.host.libp2p.dial(to.host.libp2p.getMultiaddrs())

const idOf = ({ host }: TestMember) => host.peerId.toString()
const tokenOf = ({ trust }: TestMember) => trust.certificate.get()?.token ?? ''
const listOf = ({ trust }: TestMember, version: number, key = ca) =>
  signRevocations({ net: trust.networkId, version, revoked: {} }, key)

/** Says hello by hand, and resolves with the answer; rejects where the stream is reset. */
async function sayHello({ host }: TestMember, connection: Connection, hello: Partial<Hello>): Promise<HelloAnswer> {
  const stream = await connection.newStream(host.protocols.hello)
  const messages = lpStream(stream, { maxDataLength: maxHelloAnswerBytes })
  await messages.write(encodeHello({ revocationsVersion: 0, now: Date.now(), ...hello }))
  const answer = decodeHelloAnswer((await messages.read()).subarray())
  await stream.close()
  return answer
}

it('gives whoever dials the newest list of revocations, once over a connection until there is a newer one', async () => {
  const [member, asker] = [await start(), await start()]
  const [first, second] = [await listOf(member, 1_000), await listOf(member, 2_000)]
  await member.trust.adoptRevocations(first)
  await asker.greeter.stop()
  const connection = await dial(asker, member)
  const membership = tokenOf(asker)
  const ask = async (revocationsVersion: number) =>
    (await sayHello(asker, connection, { membership, revocationsVersion })).revocations
  expect(await ask(1_000)).toBeUndefined()
  expect(await ask(0)).toBe(first)
  expect(await ask(0)).toBeUndefined()
  await member.trust.adoptRevocations(second)
  expect(await ask(0)).toBe(second)
})

it('asks whoever dials with a newer list for it', async () => {
  const [member, informed] = [await start(), await start()]
  await informed.trust.adoptRevocations(await listOf(member, 2_000))
  await dial(informed, member)
  await vi.waitFor(() => expect(member.trust.revocationsVersion).toBe(2_000))
})

it('takes no list that the CA has not signed, and still knows the member that brought it', async () => {
  const [member, liar] = [await start(), await start()]
  await liar.greeter.stop()
  const forged = await listOf(member, 9_000, await generateCaKey())
  await liar.host.libp2p.handle(liar.host.protocols.hello, async stream => {
    const messages = lpStream(stream)
    decodeHello((await messages.read()).subarray())
    const answer = { membership: tokenOf(liar), revocationsVersion: 9_000, now: Date.now(), revocations: forged }
    await messages.write(encodeHello(answer))
  })
  await dial(member, liar)
  await vi.waitFor(() => expect(member.gate.rolesOf(idOf(liar))).toEqual(['donor']))
  expect(member.trust.revocationsVersion).toBe(0)
})

it('tells those connected of a new list, and does not repeat itself to who has it', async () => {
  const [member, behind, informed] = [await start(), await start(), await start()]
  for (const other of [behind, informed]) {
    await dial(member, other)
    await vi.waitFor(() => expect(member.gate.rolesOf(idOf(other))).toEqual(['donor']))
  }
  const list = await listOf(member, 2_000)
  await informed.trust.adoptRevocations(list)
  await vi.waitFor(() => expect(behind.trust.revocationsVersion).toBe(2_000))
  expect(member.trust.revocations.get()?.token).toBe(list)
})

it('shows its new certificate to everybody connected', async () => {
  const clock = new TurnedClock(Date.now())
  const renewing = await start({ clock })
  const others = [await start({ clock }), await start({ clock })]
  for (const other of others) await dial(renewing, other)
  // Both have to know the other, for whoever does not by then is hung up on as the clock is turned.
  const knows = (one: TestMember, other: TestMember) =>
    vi.waitFor(() => expect(one.gate.certificateOf(idOf(other))?.token).toBe(tokenOf(other)))
  for (const other of others) await Promise.all([knows(other, renewing), knows(renewing, other)])
  clock.turn(hour)
  const renewed = await testCertificate(ca, idOf(renewing), ['donor', 'trusted'], clock.now())
  await renewing.trust.adopt(renewed)
  for (const other of others)
    await vi.waitFor(() => expect(other.gate.rolesOf(idOf(renewing))).toEqual(['donor', 'trusted']))
})

it('listens to the clock of one whose certificate seems to have expired: its own may be wrong', async () => {
  const member = await start()
  const late = await start({
    certificate: draft =>
      issueCertificate({ ...draft, roles: ['donor'], issuedAt: Date.now() - 3 * hour, lifeMs: hour }, ca),
  })
  await dial(late, member)
  await vi.waitFor(() => expect(member.greeter.state.get().groups).toBe(1))
  expect(member.gate.rolesOf(idOf(late))).toEqual([])
})

it('listens to no clock of a stranger', async () => {
  const member = await start()
  const stranger = await start({ certificate: async () => '' })
  await stranger.greeter.stop()
  const connection = await dial(stranger, member)
  const foreign = await testCertificate(await generateCaKey(), idOf(stranger))
  await sayHello(stranger, connection, { membership: foreign, now: Date.now() + hour })
  expect(member.greeter.state.get().groups).toBe(0)
})

it('gives whoever was connected before it started the time to show a certificate, and no more', async () => {
  const clock = new TurnedClock(Date.now())
  const [member, silent] = [await start({ clock }), await start()]
  await silent.greeter.stop()
  await member.greeter.stop()
  const connection = await dial(silent, member)
  await member.greeter.start()
  clock.turn(unverifiedForMs - 1)
  expect(connection.status).toBe('open')
  clock.turn(1)
  await vi.waitFor(() => expect(connection.status).not.toBe('open'))
})

it('is answered ten times in a row over one connection, and then each two seconds', async () => {
  const clock = new TurnedClock(Date.now())
  const [member, eager] = [await start({ clock }), await start({ clock })]
  await eager.greeter.stop()
  const connection = await dial(eager, member)
  const membership = tokenOf(eager)
  const ask = () => sayHello(eager, connection, { membership, now: clock.now() })
  for (let asked = 0; asked < 10; asked++) expect((await ask()).membership).toBe(tokenOf(member))
  await expect(ask()).rejects.toThrow()
  clock.turn(2 * second)
  expect((await ask()).membership).toBe(tokenOf(member))
})
