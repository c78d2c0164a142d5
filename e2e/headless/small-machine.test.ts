import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { MiB, minute, second } from '../../src/shared/units.ts'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { makeSmallMachine } from '../support/small-machine.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const memoryMiB = 1_024
const machine = makeSmallMachine({ memoryMiB, core: 0.5 })
if (machine === undefined)
  console.log('No control groups to be had: a donor with 1 GiB and one slow core is not tested.')

const letters = 5
const text =
  'Dear Mrs Anna Fletcher, please call 020 7946 0958 before 3 March 2026 about £1,250 for Oxfam in Leeds. '.repeat(20)

it.skipIf(machine === undefined)(
  'a donor with 1 GiB of memory and half of one core reads letters for others, and its page is there meanwhile',
  async () => {
    if (machine === undefined) return
    onTestFinished(() => machine.remove())
    const folder = await temporaryFolder()
    onTestFinished(() => folder.remove())
    const watched = pathToFileURL(join(import.meta.dirname, '..', '..', 'bench', 'idle', 'watched-process.mjs'))
    const node = await NodeProcess.start({
      folder: folder.path,
      name: 'small',
      site: machine,
      args: [...onLoopback, '--donate'],
      env: { NODE_OPTIONS: `--import=${watched}` },
    })
    onTestFinished(() => node.kill())
    const [token, runtime, dashboard] = await Promise.all([node.token(), node.runtime(), node.dashboardUrl()])

    const ask = async () => {
      const answer = await fetch(new URL('/service/ner-extraction', runtime.serviceUrl), {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
        body: text,
      })
      expect(answer.status, await answer.clone().text()).toBe(200)
      return ((await answer.json()) as { entities: { type: string }[] }).entities
    }
    await node.ask({ begin: 'cost' })
    await node.ask({ begin: 'delays' })
    let working = true
    const reading = (async () => {
      const found: number[] = []
      for (let index = 0; index < letters; index++) found.push((await ask()).length)
      return found
    })().finally(() => {
      working = false
    })
    const waits: number[] = []
    let most = 0
    while (working) {
      const askedAt = performance.now()
      const page = await fetch(dashboard, { redirect: 'manual' })
      expect(page.status).toBeLessThan(400)
      await page.arrayBuffer()
      waits.push(performance.now() - askedAt)
      most = Math.max(most, machine.memoryUsed())
    }
    expect(Math.min(...(await reading))).toBeGreaterThan(50)
    expect(most).toBeLessThan(memoryMiB * MiB)
    const delays = (await node.ask({ end: 'delays' })) as { p99: number }
    const { rss } = (await node.ask({ end: 'cost' })) as { rss: number[] }
    console.log(
      `${letters} letters; ${waits.length} pages, slowest ${Math.round(Math.max(...waits))} ms; ` +
        `delay p99 ${Math.round(delays.p99)} ms; node ${Math.round(Math.max(...rss) / MiB)} MiB, all ${Math.round(most / MiB)} MiB`,
    )
    // Half a core is a tenth of a second of waiting by itself; a page that takes longer than this feels broken.
    expect(Math.max(...waits)).toBeLessThan(5 * second)
    expect(await node.stop()).toBe(0)
  },
  2 * minute,
)
