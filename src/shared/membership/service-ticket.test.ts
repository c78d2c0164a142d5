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
    ['in another network', 'TICKET_WRONG_NETWORK', { networkId: 'beefbeefbeefbeef' }],
    ['for another service', 'TICKET_FOREIGN', { service: 'chat' }],
    ['at another worker', 'TICKET_FOREIGN', { worker: '12D3KooWElsewhere' }],
    ['once it has expired', 'TICKET_EXPIRED', { now: now + ticketLifeMs }],
    ['before it was made', 'TICKET_NOT_YET_VALID', { now: now - 10 * ticketLifeMs }],
    ['from who is no coordinator', 'TICKET_ISSUER', { isCoordinator: () => false }],
  ])('counts for nothing %s', async (_case, code, changes) => {
    await expect(openTicket(ticket, reader(changes))).rejects.toMatchObject({ code })
  })

  it('counts for nothing with any of its characters changed', async () => {
    for (let at = 0; at < ticket.length; at += 7) {
      const other = ticket[at] === 'A' ? 'B' : 'A'
      const altered = `${ticket.slice(0, at)}${other}${ticket.slice(at + 1)}`
      await expect(openTicket(altered, reader())).rejects.toMatchObject({ code: expect.stringMatching(/^TICKET_/) })
    }
  })

  it('signed by a worker for itself counts for nothing', async () => {
    const own = await sealTicket({ networkId, worker: worker.peerId, service: 'ocr', now }, worker)
    await expect(openTicket(own.ticket, reader())).rejects.toMatchObject({ code: 'TICKET_ISSUER' })
  })
})
