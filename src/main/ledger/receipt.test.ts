import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { TurnedClock } from '../clock.ts'
import { countsAsVerified } from './counts-as-verified.ts'
import { JobLog } from './job-log.ts'
import type { EntryOutcome } from './ledger-messages.ts'
import { openReceipt, type Receipt, signReceipt } from './receipt.ts'
import { ReceiptDesk } from './receipt-desk.ts'

const key = await generateKeyPair('Ed25519')
const requester = peerIdFromPrivateKey(key).toString()
const worker = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
const receipt: Receipt = {
  requestId: 'a-request-1',
  service: 'ocr',
  worker,
  durationMs: 420,
  bytesIn: 1_000,
  bytesOut: 100,
  outcome: 'done',
  issuedAt: 1_780_000_000_000,
}
const network = '0123456789abcdef'
const envelope = await signReceipt(key, receipt, network)

describe('a receipt', () => {
  it('is read by whoever knows who signed it, for which network', () => {
    expect(openReceipt(envelope, requester, network)).toEqual(receipt)
  })

  it('is refused from anybody else, and in any other network', () => {
    expect(() => openReceipt(envelope, worker, network)).toThrow(/signed by the peer/)
    expect(() => openReceipt(envelope, requester, 'fedcba9876543210')).toThrow(/signed by the peer/)
  })

  it('is refused with any one bit turned', () => {
    fc.assert(
      fc.property(fc.nat(envelope.length * 8 - 1), bit => {
        const bytes = Uint8Array.from(envelope)
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(() => openReceipt(bytes, requester, network)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
      }),
    )
  })

  it('of any other form is refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), bytes => {
        expect(() => openReceipt(bytes, requester, network)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
      }),
    )
  })
})

describe('a receipt counts as verified', () => {
  const stranger = {
    requester,
    worker,
    openNetwork: false,
    requesterGroups: ['ip4:203.0'],
    ownGroups: ['ip4:198.51', 'ip4:192.168'],
  }

  it.each([
    ['of a stranger in a closed network', {}, true],
    ['of oneself', { requester: worker }, false],
    ['in a network that anybody may join', { openNetwork: true }, false],
    ['from one’s own group of addresses', { requesterGroups: ['ip4:198.51'] }, false],
    ['with one of several connections from one’s own group', { requesterGroups: ['ip4:203.0', 'ip4:192.168'] }, false],
    ['through a relay or a tunnel, which hide where it is from', { requesterGroups: ['other'] }, false],
    ['from nobody knows where', { requesterGroups: [] }, false],
  ])('%s: %j → %s', (_who, circumstances, counts) => {
    expect(countsAsVerified({ ...stranger, ...circumstances })).toBe(counts)
  })
})

describe('the desk', () => {
  function deskWith(outcome: EntryOutcome) {
    const clock = new TurnedClock()
    const jobs = new JobLog({ clock })
    const job = jobs.begin({ id: receipt.requestId, role: 'served', service: 'ocr', requester })
    job.accepted(worker, 'direct')
    job.done(100)
    const keepReceipt = vi.fn(async () => outcome)
    const circumstances = () => ({ openNetwork: false, requesterGroups: ['ip4:203.0'], ownGroups: ['ip4:198.51'] })
    const desk = new ReceiptDesk(
      { ledger: { keepReceipt }, jobs, clock },
      { selfId: worker, networkId: network, circumstances },
    )
    return { desk, jobs, keepReceipt }
  }

  it('keeps a receipt and shows it with its job', async () => {
    const { desk, jobs, keepReceipt } = deskWith('stored')
    await desk.take(receipt.requestId, envelope, requester)
    expect(keepReceipt).toHaveBeenCalledWith(expect.objectContaining({ requester, envelope, verified: true }))
    expect(jobs.jobs.get().jobs[0]?.receipt).toBe('verified')
  })

  it('refuses one for another request, another worker, or a job that was not done here', async () => {
    const { desk, keepReceipt } = deskWith('unknown-job')
    await expect(desk.take('another-request', envelope, requester)).rejects.toMatchObject({ code: 'BAD_INPUT' })
    const others = await signReceipt(key, { ...receipt, worker: requester }, network)
    await expect(desk.take(receipt.requestId, others, requester)).rejects.toMatchObject({ code: 'BAD_INPUT' })
    expect(keepReceipt).not.toHaveBeenCalled()
    await expect(desk.take(receipt.requestId, envelope, requester)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('changes nothing for one that comes twice', async () => {
    const { desk, jobs } = deskWith('repeated')
    await desk.take(receipt.requestId, envelope, requester)
    expect(jobs.jobs.get().jobs[0]?.receipt).toBeUndefined()
  })
})
