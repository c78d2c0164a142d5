import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatInvite } from '../../shared/membership/invite.ts'
import { defaultSettings } from '../../shared/schema/settings.ts'
import { sampleStatus } from '../../shared/testing/samples.ts'
import { createLog, LogBuffer } from '../log.ts'
import { formatDiagnostics } from './diagnostics.ts'
import { formsOf, redact } from './redact.ts'

const nothing = { secrets: [], home: '' }
const key = randomBytes(64)
const token = randomBytes(32).toString('base64url')
const certificate = `eyJ${randomBytes(20).toString('base64url')}.${randomBytes(90).toString('base64url')}.${randomBytes(64).toString('base64url')}`
const invite = formatInvite({ network: 'charity', caPublicKey: 'A'.repeat(43), seeds: ['https://c.example.org'] })
const apiKey = `rma_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('base64url')}`

/** Every secret there is, each as it might get into a log by mistake. */
const planted: readonly (readonly [what: string, written: string, secret: string])[] = [
  ['the access token', `dashboard at http://127.0.0.1:8470/?token=${token}`, token],
  ['the token of an operator', `wrote ${token} into operator-token`, token],
  ['the node’s key', `key ${key.toString('base64')}`, key.toString('base64')],
  ['its secret half, in hex', `key ${key.subarray(0, 32).toString('hex')}`, key.subarray(0, 32).toString('hex')],
  ['a certificate of membership', `showed ${certificate} in hello`, certificate],
  ['an invite', `followed ${invite}`, invite],
  ['an invite in a link', `followed rma-donor://join/${invite}`, invite],
  ['a program’s API key', `refused ${apiKey}`, apiKey],
  ['a header with a key', `authorization: Bearer ${apiKey}`, apiKey],
  ['a short password in a header', 'Authorization: Basic YWRhOmxvdmVsYWNl', 'YWRhOmxvdmVsYWNl'],
  ['a ticket for a request', `ticket ${certificate}`, certificate],
  ['a user and password in an address', 'https://ada:lovelace@example.org/health', 'lovelace'],
  ['a passphrase', 'CA_PASSPHRASE=correct-horse-battery', 'correct-horse-battery'],
  ['a token of a tunnel', '{"tunnel_token":"x","token":"cloud-flared-token"}', 'cloud-flared-token'],
  ['a cookie', '{"cookie":"session=abcdefgh"}', 'session=abcdefgh'],
  ['a key in PEM', '-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----', 'MC4CAQAw'],
]

it('takes out whatever key comes, wherever its slashes fall', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 45, maxLength: 100 }), bytes => {
      const key = Buffer.from(bytes).toString('base64')
      fc.pre(new Set(bytes).size > 20)
      expect(redact(`key ${key}!`, nothing)).toBe('key [removed]!')
    }),
    { numRuns: 2_000 },
  )
})

it.each(planted)('%s is taken out although nobody knows that it is one', (_what, written, secret) => {
  expect(redact(written, nothing)).not.toContain(secret)
})

it.each(planted)('%s is taken out of a report, from a message and from details', (_what, written, secret) => {
  const buffer = new LogBuffer()
  const log = createLog({ level: 'info', buffer })
  log.info(written)
  log.info({ err: new Error(written), written }, 'as details')
  const text = formatDiagnostics(
    {
      now: 0,
      status: sampleStatus,
      settings: defaultSettings,
      diagnosis: { findings: [] },
      entries: buffer.latest(10),
    },
    nothing,
  )
  expect(text).toContain('as details')
  expect(text).not.toContain(secret)
})

it('takes out what is known to be a secret whatever it looks like, and the name of the home folder', () => {
  const text = redact('plain old words in /home/ada/.local/share', { secrets: ['plain old words'], home: '/home/ada' })
  expect(text).toBe('[removed] in ~/.local/share')
  for (const form of formsOf(key)) expect(redact(`<${form}>`, { secrets: formsOf(key), home: '' })).toBe('<[removed]>')
})

it('leaves what says what went wrong', () => {
  const peer = '12D3KooWQvNbhTVjGVLqZ6aDd1bCvp1dzoQ1n1y4kY5o4sQ8nGfE'
  for (const told of [
    `dialled /ip4/192.168.1.4/tcp/8468/p2p/${peer}`,
    `dialled /ip6/2001:db8::1/tcp/8468/p2p/${peer}/p2p-circuit/p2p/${peer}`,
    `Error: boom\n    at file:///opt/RMA%20Donor/resources/app.asar/out/main/electron.js:10:4`,
    '/opt/donor/resources/unpacked/node_modules/classic-level/prebuilds/linux-x64/node.napi.node',
    'the token of the dashboard was wrong',
    '{"kind":"alone","nextTryAt":1700000000000}',
  ])
    expect(redact(told, nothing)).toBe(told)
})

it('shows of the settings only what is known to hold no secret', () => {
  const settings = {
    ...defaultSettings,
    network: { ...defaultSettings.network, seeds: ['/ip4/198.51.100.7/tcp/8468'] },
    surprise: 'hunter2hunter2',
  }
  const text = formatDiagnostics(
    { now: 0, status: sampleStatus, settings, diagnosis: { findings: [] }, entries: [] },
    nothing,
  )
  expect(text).toContain('"seeds":1')
  expect(text).not.toContain('hunter2')
})
