import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hour, second } from '../../src/shared/units.ts'
import { hasNebula } from '../support/has-nebula.ts'
import { canMakeInternet, type HomeMachine, Internet } from '../support/internet.ts'
import { answersInMesh, Mesh, type MeshMember } from '../support/mesh.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const possible = canMakeInternet() && hasNebula()
if (!possible) console.log('Not root, or no nft or nebula: what Nebula makes of our configuration is not tested.')

describe.skipIf(!possible)('members of the mesh, each behind a router and with the same address there', () => {
  let internet: Internet
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let mesh: Mesh
  let lighthouse: MeshMember
  let one: HomeMachine
  let other: HomeMachine
  let atOther: MeshMember
  let atOne: MeshMember
  let short: MeshMember

  beforeAll(async () => {
    internet = await Internet.make()
    folder = await temporaryFolder()
    mesh = await Mesh.make(folder.path)
    const lighthouses = [await internet.server(), await internet.server()] as const
    lighthouse = await mesh.join(lighthouses[0], { ip: '10.42.0.1', lighthouse: true, lifeMs: hour })
    await mesh.join(lighthouses[1], { ip: '10.42.0.2', lighthouse: true, lifeMs: hour })
    one = await internet.home()
    other = await internet.home()
    atOne = await mesh.join(one, { ip: '10.42.0.3', lifeMs: hour })
    atOther = await mesh.join(other, { ip: '10.42.0.4', lifeMs: hour })
  })

  afterAll(async () => {
    if (!possible) return
    await mesh.remove()
    await internet.remove()
    await folder.remove()
  })

  const reach = async (from: HomeMachine, ip: string, reached: boolean) =>
    await expect.poll(() => answersInMesh(from, ip), { timeout: 30 * second }).toBe(reached)

  it('find each other through a lighthouse, and through the other one when the first is lost', async () => {
    await reach(one, atOther.ip, true)
    // What becomes of it is looked at last: it takes its time.
    short = await mesh.join(await internet.home(), { ip: '10.42.0.6', lifeMs: 10 * second })
    await reach(one, short.ip, true)
    await lighthouse.stop()
    const late = await internet.home()
    await mesh.join(late, { ip: '10.42.0.5', lifeMs: hour })
    await reach(late, atOther.ip, true)
  })

  it('no longer speak with one whose certificate they have been told to block', async () => {
    await reach(one, atOther.ip, true)
    await atOne.block([Buffer.from(atOther.certificate.fingerprint).toString('hex')])
    await reach(other, atOne.ip, false)
    await reach(one, atOther.ip, false)
  })

  it('no longer speak with one whose certificate has ended', async () => {
    await reach(one, short.ip, false)
    expect(atOne.log.join('\n')).toContain('Remote certificate is no longer valid, tearing down the tunnel')
  })
})
