import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { sealTicket } from '../../src/shared/membership/service-ticket.ts'
import { NodeProcess, onLoopback, runCommand } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const text = 'Mary Jones has moved to London.'

let folder: { path: string; remove: () => Promise<void> }
let nodes: NodeProcess[] = []

beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(async () => {
  await Promise.all(nodes.map(node => node.stop()))
  nodes = []
  await folder.remove()
})

async function start(init: Omit<ConstructorParameters<typeof NodeProcess>[0], 'folder'>): Promise<NodeProcess> {
  const args = [...onLoopback, '--loopback-swarm', ...(init.args ?? [])]
  const node = await NodeProcess.start({ ...init, folder: folder.path, args })
  nodes.push(node)
  return node
}

/** What a command on a node's data folder prints, which has to succeed. */
async function ask(name: string, ...args: string[]): Promise<{ invite: string; key: string }> {
  const { code, stdout, stderr } = await runCommand([...args, '--json', '--data-folder', `${folder.path}/${name}`])
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

async function codeOf(response: Response): Promise<string> {
  return (await response.json()).error.code
}

it('a worker of a closed network takes the tickets of its certified coordinators, and nobody else’s', async () => {
  await ask('coordinator', 'ca', 'create', 'charity')
  const api = ['--api-port', '0', '--api-listen', '127.0.0.1']
  const coordinator = await start({
    name: 'coordinator',
    command: 'coordinator',
    args: api,
    env: { DHT_CACHE_TTL: '1' },
  })
  const { invite } = await ask('coordinator', 'invite')
  await ask('donor', 'join', invite)
  const donor = await start({
    name: 'donor',
    args: ['--donate', '--public-port', '0'],
    env: { TUNNEL_URL: 'https://w1.example.org' },
  })
  const { peerId: worker, publicUrl } = await donor.runtime()
  const { key } = await ask('coordinator', 'keys', 'create', 'site')

  const ticketUrl = `${(await coordinator.runtime()).apiUrl}/api/service/ner-extraction/ticket`
  expect(await codeOf(await fetch(ticketUrl, { method: 'POST' }))).toBe('UNAUTHORIZED')
  const ticket = await vi.waitFor(
    async () => {
      const response = await fetch(ticketUrl, { method: 'POST', headers: { authorization: `Bearer ${key}` } })
      expect(response.status).toBe(200)
      const answer = await response.json()
      expect(answer.tunnel_url).toBe('https://w1.example.org')
      return answer.ticket as string
    },
    { interval: 500 },
  )

  const send = (shown: string) =>
    fetch(`${publicUrl}/service/ner-extraction`, {
      method: 'POST',
      headers: { authorization: `Bearer ${shown}`, 'content-type': 'text/plain' },
      body: text,
    })
  const answer = await send(ticket)
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('London')])
  expect(answer.headers.get('x-rma-worker')).toBe(worker)
  expect(await codeOf(await send(ticket))).toBe('TICKET_REPLAYED')

  // The same ticket, but from a coordinator that the network's CA has not certified.
  const { net } = JSON.parse(Buffer.from(ticket.split('.')[1] ?? '', 'base64url').toString())
  const stranger = await generateKeyPair('Ed25519')
  const draft = { networkId: net, worker, service: 'ner-extraction', now: Date.now() }
  const signer = { peerId: stranger.publicKey.toString(), sign: (content: Uint8Array) => stranger.sign(content) }
  expect(await codeOf(await send((await sealTicket(draft, signer)).ticket))).toBe('TICKET_ISSUER')
})

it('a worker does not start with an address on the web that its record cannot name', async () => {
  const node = new NodeProcess({
    folder: folder.path,
    name: 'donor',
    args: [...onLoopback, '--donate'],
    env: { TUNNEL_URL: 'http://127.0.0.1:8471' },
  })
  await expect(node.dashboardUrl()).rejects.toThrow('TUNNEL_URL: expected an https URL, got "http://127.0.0.1:8471"')
})
