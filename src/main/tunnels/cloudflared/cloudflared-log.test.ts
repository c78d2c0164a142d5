import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readCloudflaredLine } from './cloudflared-log.ts'

it.each([
  [
    '2026-11-28T10:00:00Z INF |  https://a-b-c.trycloudflare.com                     |',
    'https://a-b-c.trycloudflare.com',
  ],
  ['{"level":"info","message":"|  https://one-two.trycloudflare.com  |"}', 'https://one-two.trycloudflare.com'],
  [
    '{"level":"info","config":"{\\"ingress\\":[{\\"hostname\\":\\"donor.example.org\\"},{}]}","message":"Updated to new configuration"}',
    'https://donor.example.org',
  ],
  [
    '2026-11-28T10:00:00Z INF Updated to new configuration config="{\\"ingress\\":[{\\"hostname\\":\\"donor.example.org\\"}]}" version=1',
    'https://donor.example.org',
  ],
])('finds where the tunnel leads from in %s', (line, url) => {
  expect(readCloudflaredLine(line)).toEqual({ kind: 'place', url })
})

it('takes the provider’s own address in an error for no tunnel', () => {
  const message = 'failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": EOF'
  expect(readCloudflaredLine(JSON.stringify({ level: 'error', message }))).toEqual({ kind: 'trouble', message })
  expect(readCloudflaredLine(`INF ${message}`)).toBeUndefined()
  expect(readCloudflaredLine('INF https://a-b.trycloudflare.com.evil.example')).toBeUndefined()
})

it('knows when too many tunnels are asked for', () => {
  const line =
    'ERR Error unmarshaling QuickTunnel response: error code: 1015 error="…" status_code="429 Too Many Requests"'
  expect(readCloudflaredLine(line)).toEqual({ kind: 'rate-limited' })
})

it('reads the port of the metrics', () => {
  const message = 'Starting metrics server on 127.0.0.1:20241/metrics'
  expect(readCloudflaredLine(JSON.stringify({ level: 'info', message }))).toEqual({ kind: 'metrics', port: 20_241 })
})

it('minds no line, however strange', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), line => {
      readCloudflaredLine(line)
      readCloudflaredLine(`Updated to new configuration config=${line}`)
    }),
  )
})
