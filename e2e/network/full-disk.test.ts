import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { LedgerDatabase } from '../../src/main/ledger/ledger-database.ts'
import { connectToNode } from '../../src/main/rpc/client.ts'
import { second } from '../../src/shared/units.ts'
import { canMount, SmallDisk } from '../support/faults/small-disk.ts'
import { onLoopback, runCommand } from '../support/node-process.ts'
import { ask, RoutedSwarm } from '../support/routed-swarm.ts'
import { eventually } from '../support/swarm/swarm.ts'

const possible = canMount()
if (!possible) console.log('Not root: full disks are not tested.')

/** More than once the time after which what could not be written is tried again. */
const recoversWithinMs = 15 * second

let swarm: RoutedSwarm | undefined
let disk: SmallDisk | undefined

afterEach(async () => {
  await Promise.all((swarm?.nodes ?? []).map(node => node.kill()))
  await disk?.remove()
  await swarm?.remove()
  swarm = undefined
  disk = undefined
})

it.skipIf(!possible)(
  'goes on serving while its disk is full, says so, and keeps everything once there is room',
  async () => {
    const network = await RoutedSwarm.make()
    swarm = network
    const requester = await network.node('requester')
    const dataFolder = network.folderOf('donor')
    disk = await SmallDisk.make(dataFolder, 24)
    const services = { ocr: { path: '/work/donor', idempotent: true } }
    const donor = await network.worker('donor', services)
    await network.known(requester, 'ocr', [donor])
    const { rpcUrl } = await donor.runtime()
    const { rpc, close } = await connectToNode(rpcUrl, await donor.token())
    const serves = async (body: string) =>
      expect(await ask(requester, { service: 'ocr', body, id: `request-${body}` })).toMatchObject({ status: 200, body })
    const pages = Array.from({ length: 20 }, (_, index) => `page-${index}`)
    for (const page of pages.slice(0, 5)) await serves(page)

    await disk.fill()
    await expect(rpc.settings.update({ location: 'leeds' })).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect((await rpc.settings.get()).location).toBeUndefined()
    for (const page of pages.slice(5, 15)) await serves(page)
    await eventually(
      async () => expect((await rpc.status.get()).ledger.state).toMatchObject({ kind: 'unwritable' }),
      recoversWithinMs,
    )
    // Whoever wants their machine back gets it.
    await rpc.donation.pauseGpu({})
    const refused = await runCommand(['headless', '--data-folder', join(dataFolder, 'another'), ...onLoopback])
    expect([refused.code, refused.stdout]).toEqual([1, ''])
    expect(refused.stderr).toMatch(/^rma-donor: (STORAGE|DATA_FOLDER)_[A-Z]+: .*(no space left|No space left).*\n$/)

    await disk.makeRoom()
    for (const page of pages.slice(15)) await serves(page)
    await eventually(
      async () => expect((await rpc.status.get()).ledger.state).toEqual({ kind: 'open' }),
      recoversWithinMs,
    )
    await eventually(
      async () =>
        expect(JSON.parse(await readFile(join(dataFolder, 'settings.json'), 'utf8'))).toHaveProperty('gpuPause'),
      recoversWithinMs,
    )
    expect(await rpc.settings.update({ location: 'leeds' })).toMatchObject({ location: 'leeds' })
    await eventually(async () => expect(await jobsIn(rpc)).toEqual(expect.arrayContaining(idsOf(pages))), 5 * second)
    close()

    await donor.kill()
    const ledger = new LedgerDatabase(join(dataFolder, 'ledger.db'))
    ledger.check()
    const kept = ledger.jobsAfter(0, 1_000).map(({ id }) => id)
    ledger.close()
    expect(kept).toEqual(expect.arrayContaining(idsOf(pages)))
    const again = await network.node('donor', { args: ['--donate'] })
    await network.known(requester, 'ocr', [again])
  },
)

const idsOf = (pages: readonly string[]) => pages.map(page => `request-${page}`)

/** What the ledger has of jobs, written to its disk. */
async function jobsIn(rpc: Awaited<ReturnType<typeof connectToNode>>['rpc']): Promise<string[]> {
  let text = ''
  for await (const piece of await rpc.ledger.export({ format: 'json' })) text += piece.text
  return JSON.parse(text).map((job: { request_id: string }) => job.request_id)
}
