import { pino } from 'pino'
import { describe, expect, it, vi } from 'vitest'
import { LogBuffer } from '../log.ts'
import { definedAs, failureOf, hostWith, obey, occupy, orderFor, statusOf } from './testing/test-host.ts'

describe('engines', () => {
  it('that do not start fail their jobs, and their service is withdrawn after three in a row', async () => {
    const host = hostWith(definedAs({ engine: 'broken-engine' }))
    for (let attempt = 1; attempt <= 3; attempt++) {
      expect(host.offers('obedience')).toBe(true)
      const error = await failureOf(host.run(orderFor({ do: 'echo', text: '' })))
      expect(error).toMatchObject({ code: 'ENGINE_FAILED', details: { reason: 'start' } })
    }
    expect(host.offers('obedience')).toBe(false)
    expect(statusOf(host)?.unavailable).toMatchObject({ kind: 'engine-failed' })
  })

  it('whose entry does not exist fail their jobs too', async () => {
    const host = hostWith(definedAs({ engine: 'no-such-engine' }))
    const error = await failureOf(host.run(orderFor({ do: 'echo', text: '' })))
    expect(error).toMatchObject({ code: 'ENGINE_FAILED', details: { reason: 'start' } })
  })

  it('leave nothing of a document in the log, whatever they print or throw', async () => {
    const buffer = new LogBuffer()
    const host = hostWith({ log: pino({ level: 'trace' }, buffer) })
    const marker = 'MARKER-5f2e'
    await obey(host, { do: 'print', text: marker })
    await failureOf(host.run(orderFor({ do: 'throw', quoting: marker })))
    const error = await failureOf(host.run(orderFor({ do: 'throw-later', quoting: marker })))
    expect(error.message).not.toContain(marker)
    for await (const entries of buffer.watch()) {
      expect(entries.length).toBeGreaterThan(0)
      expect(JSON.stringify(entries)).toContain('an engine failed')
      expect(JSON.stringify(entries)).not.toContain(marker)
      break
    }
  })

  it('know nothing of the node’s environment but what a program needs, run at low priority and leave no dump', async () => {
    vi.stubEnv('RMA_TOKEN', 'secret')
    const host = hostWith()
    const [{ environment, priority, dumpFilter = '0' }] = (await obey(host, { do: 'environment' })) as [
      { environment: Record<string, string>; priority: number; dumpFilter?: string },
    ]
    vi.unstubAllEnvs()
    expect(environment).toMatchObject({ PATH: process.env.PATH, OMP_THREAD_LIMIT: '1' })
    expect(environment).not.toHaveProperty('RMA_TOKEN')
    expect(priority).toBeGreaterThan(0)
    expect(Number.parseInt(dumpFilter, 16)).toBe(0)
  })

  it('beyond a smaller number of slots are unloaded', async () => {
    const host = hostWith(definedAs({ slots: () => 2 }))
    await Promise.all([1, 2].map(() => obey(host, { do: 'wait', ms: 50 })))
    expect(host.enginePids('obedience')).toHaveLength(2)
    host.configure({ obedience: { enabled: true, slots: 1 } })
    expect(host.enginePids('obedience')).toHaveLength(1)
    expect(statusOf(host)?.slots).toBe(1)
  })
})

describe('stopping', () => {
  it('waits on demand until every job is done', async () => {
    const host = hostWith()
    const job = obey(host, { do: 'wait', ms: 200 })
    const drained = host.drain()
    expect(await failureOf(host.run(orderFor({ do: 'echo', text: '' })))).toMatchObject({ code: 'PAUSED' })
    await drained
    expect(statusOf(host)).toMatchObject({ running: 0, waiting: 0 })
    expect(await job).toEqual(['waited'])
  })

  it('takes nothing on while it waits, whatever the governor says, until it is started again', async () => {
    const host = hostWith()
    await host.drain()
    host.govern({ accepting: 'everybody', underWay: 'finish', jobs: 4, memoryMiB: 4_096, gpu: true })
    expect(host.draining).toBe(true)
    expect(await failureOf(host.run(orderFor({ do: 'echo', text: '' })))).toMatchObject({ code: 'PAUSED' })
    host.start()
    host.setAccepting('everybody')
    expect(host.draining).toBe(false)
    expect(await host.run(orderFor({ do: 'echo', text: 'again' }))).toBeDefined()
  })

  it('gives up waiting when told to', async () => {
    const host = hostWith()
    await occupy(host)
    await expect(host.drain(AbortSignal.timeout(50))).rejects.toThrow()
  })

  it('ends jobs, waiting and running, and every process, and may be followed by another start', async () => {
    const host = hostWith()
    const { outcome } = await occupy(host)
    await vi.waitFor(() => expect(host.enginePids('obedience')).toHaveLength(1))
    const [pid = 0] = host.enginePids('obedience')
    const waiting = failureOf(host.run(orderFor({ do: 'echo', text: '' })))
    await host.stop()
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(await outcome).toMatchObject({ code: 'PAUSED' })
    expect(await waiting).toMatchObject({ code: 'PAUSED' })
    host.start()
    host.setAccepting('everybody')
    expect(await obey(host, { do: 'echo', text: 'again' })).toEqual(['again'])
  })
})
