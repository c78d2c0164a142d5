import { expect, it } from 'vitest'
import { findingLines } from './finding-lines.ts'
import { english } from './strings/english.ts'

it('names the addresses of a node that only this machine reaches as people write them', () => {
  const addresses = ['/ip4/127.0.0.1/tcp/41975', '/ip6/::1/tcp/41976', '/dns4/here/tcp/1']
  const [found] = findingLines({ kind: 'this-machine-only', level: 'problem', addresses }, english.findings, 0)
  expect(found).toContain('(127.0.0.1:41975, [::1]:41976, /dns4/here/tcp/1)')
})
