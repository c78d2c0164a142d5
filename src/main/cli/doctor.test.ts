import { expect, it } from 'vitest'
import { formatDiagnosis } from './doctor.ts'

it('says in words what is right, what to know, and what to mend', () => {
  const text = formatDiagnosis(
    {
      findings: [
        {
          kind: 'alone',
          level: 'problem',
          mdns: true,
          tried: [
            { source: 'known peers', offered: 0, reached: 0 },
            { source: 'configured seeds', offered: 2, reached: 0 },
          ],
          nextTryAt: 20_000,
        },
        { kind: 'port', level: 'note', use: 'nodes', wanted: 8_468, inUse: 8_469 },
        { kind: 'clock-wrong', level: 'problem', offsetMs: 600_000 },
        { kind: 'tunnel', level: 'problem', tunnel: { kind: 'unavailable', why: 'it is not installed' } },
        {
          kind: 'vpn',
          level: 'problem',
          vpn: { kind: 'unavailable', reason: 'not-installed', why: 'w', todo: 'install it' },
        },
      ],
    },
    0,
  )
  expect(text).toBe(`✗ No other node answers.
  Tried known peers: there are none.
  Tried configured seeds: 0 of 2 addresses answered.
  Nodes on the same local network are found by themselves, unless the router or a firewall keeps multicast back.
  Next try in 20 s.
· Port 8468 was taken by another program, so other nodes use 8469.
✗ The clock is 10 min slow. The node corrects for it, but set the system’s clock.
✗ The tunnel needs cloudflared, which is not installed.
  Install it, or let this node download it: with the button on the page Network, or rma-donor tunnel install.
✗ The VPN needs Nebula, which is not installed.
  To have it, install it.

4 to look at.`)
})

it('says that nothing stands in the way when all is well', () => {
  const text = formatDiagnosis({ findings: [{ kind: 'connected', level: 'good', peers: 1 }] }, 0)
  expect(text).toBe('✓ Connected to 1 node.\n\nNothing stands in the way.')
})
