import { describe, expect, it } from 'vitest'
import { createLog, LogBuffer } from './log.ts'

describe('the log buffer', () => {
  it('gives a watcher the kept entries at once and new ones as they come', async () => {
    const buffer = new LogBuffer()
    const log = createLog({ level: 'info', buffer }).child({ component: 'router' })
    log.debug('too quiet to keep')
    log.info({ worker: 'w' }, 'first')
    const watcher = buffer.watch()
    expect((await watcher.next()).value).toMatchObject([
      { id: 1, level: 'info', component: 'router', message: 'first', details: { worker: 'w' } },
    ])
    const next = watcher.next()
    log.error({ err: new Error('broken') }, 'second')
    expect((await next).value).toMatchObject([{ id: 2, level: 'error', message: 'second' }])
  })

  it('says at once that there is nothing yet', async () => {
    expect((await new LogBuffer().watch().next()).value).toEqual([])
  })

  it('keeps the newest 2,000 entries', async () => {
    const buffer = new LogBuffer()
    const log = createLog({ level: 'info', buffer })
    for (let index = 1; index <= 2_100; index++) log.info(String(index))
    const kept = (await buffer.watch().next()).value
    expect(kept).toHaveLength(2_000)
    expect(kept?.[0]?.message).toBe('101')
  })
})
