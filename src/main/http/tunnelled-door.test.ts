import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { defaultSettings, type Settings } from '../../shared/schema/settings.ts'
import { LiveValue } from '../live-value.ts'
import { TunnelledDoor } from './tunnelled-door.ts'

it('runs on without a port for the tunnel, says why there is none, and opens it once there is', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const settings = new LiveValue<Settings>(defaultSettings)
  const choose = (kind: 'off' | 'quick') => settings.update(current => ({ ...current, tunnel: { kind } }))
  const configured: string[] = []
  const tunnel = {
    start: async () => undefined,
    stop: async () => undefined,
    configure: ({ kind }: Settings['tunnel']) => void configured.push(kind),
  }
  const door = new TunnelledDoor({ server: { serve: () => undefined }, tunnel, settings }, undefined, {
    port: { port, explicit: true },
    host: '127.0.0.1',
  })
  choose('quick')
  await door.start()
  onTestFinished(() => door.stop())
  expect(door.url).toBeUndefined()
  expect(() => door.port).toThrow(`expected a free port on 127.0.0.1: port ${port} is taken`)

  taken.close()
  await once(taken, 'close')
  choose('off')
  await vi.waitFor(() => expect(configured).toEqual(['quick', 'off']))
  choose('quick')
  await vi.waitFor(() => expect(configured).toEqual(['quick', 'off', 'quick']))
  expect(door.port).toBe(port)
})
