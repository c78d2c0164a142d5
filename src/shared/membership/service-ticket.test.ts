import { generateKeyPair } from '@libp2p/crypto/keys'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TokenSigner } from './peer-token.ts'
import { openTicket, sealTicket, type TicketReader, ticketLifeMs } from './service-ticket.ts'

const now = 1_700_000_000_000
const networkId = 'feedfeedfeedfeed'
let coordinator: TokenSigner
let worker: TokenSigner
let ticket: string

async function signer(): Promise<TokenSigner> {
  const key = await generateKeyPair('Ed25519')
  return { peerId: key.publicKey.toString(), sign: content => key.sign(content) }
}

function reader(changes: Partial<TicketReader> = {}): TicketReader {
  return {
    networkId,
    worker: worker.peerId,
    service: 'ocr',
    now,
    isCoordinator: id => id === coordinator.peerId,
    ...changes,
  }
}

beforeAll(async () => {
  coordinator = await signer()
  worker = await signer()
  ticket = (await sealTicket({ networkId, worker: worker.peerId, service: 'ocr', now }, coordinator)).ticket
})

describe('a ticket for one request', () => {
  it('lets it in at the worker it is for, within its minute', async () => {
    expect(await openTicket(ticket, reader())).toMatchObject({ coordinator: coordinator.peerId })
    expect(await openTicket(ticket, reader({ now: now + ticketLifeMs - 1 }))).toMatchObject({ id: expect.any(String) })
  })

  it.each([
    ['in another network', { networkId: 'beefbeefbeefbeef' }],
    ['for another service', { service: 'chat' }],
    ['at another worker', { worker: '12D3KooWElsewhere' }],
    ['once it has expired', { now: now + ticketLifeMs }],
    ['before it was made', { now: now - 10 * ticketLifeMs }],
    ['from who is no coordinator', { isCoordinator: () => false }],
  ])('counts for nothing %s', async (_case, changes) => {
    await expect(openTicket(ticket, reader(changes))).rejects.toMatchObject({ code: 'TICKET_REFUSED' })
  })

  it('counts for nothing with any of its characters changed', async () => {
    for (let at = 0; at < ticket.length; at += 7) {
      const other = ticket[at] === 'A' ? 'B' : 'A'
      const altered = `${ticket.slice(0, at)}${other}${ticket.slice(at + 1)}`
      await expect(openTicket(altered, reader())).rejects.toMatchObject({ code: 'TICKET_REFUSED' })
    }
  })

  it('signed by a worker for itself counts for nothing', async () => {
    const own = await sealTicket({ networkId, worker: worker.peerId, service: 'ocr', now }, worker)
    await expect(openTicket(own.ticket, reader())).rejects.toMatchObject({ code: 'TICKET_REFUSED' })
  })
})
