import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { listenOnPort } from './listen-on-port.ts'

const open: Server[] = []

function server(): Server {
  const made = createServer()
  open.push(made)
  return made
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(each => new Promise(resolve => each.close(resolve))))
})

describe('listening', () => {
  it('gives way to the next free port when a default one is taken', async () => {
    const taken = await listenOnPort(server(), { port: 0, explicit: true }, '127.0.0.1')
    const next = await listenOnPort(server(), { port: taken, explicit: false }, '127.0.0.1')
    expect(next).toBeGreaterThan(taken)
    expect(next).toBeLessThan(taken + 20)
  })

  it('refuses to start when a port that was asked for is taken', async () => {
    const taken = await listenOnPort(server(), { port: 0, explicit: true }, '127.0.0.1')
    await expect(listenOnPort(server(), { port: taken, explicit: true }, '127.0.0.1')).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `expected a free port on 127.0.0.1: port ${taken} is taken by another program`,
    })
  })

  it('says so where the address is not one of this machine’s', async () => {
    await expect(listenOnPort(server(), { port: 0, explicit: true }, '192.0.2.1')).rejects.toMatchObject({
      code: 'ADDRESS_NOT_HERE',
      details: { host: '192.0.2.1' },
    })
  })

  it.each([
    [true, 'PORT_NOT_ALLOWED'],
    [false, 'PORT_IN_USE'],
  ])('says so where only the system may listen on a port; that was asked for: %s', async (explicit, code) => {
    const kept = server()
    kept.listen = () => {
      kept.emit('error', Object.assign(new Error('listen EACCES'), { code: 'EACCES' }))
      return kept
    }
    await expect(listenOnPort(kept, { port: 80, explicit }, '127.0.0.1')).rejects.toMatchObject({ code })
  })
})
