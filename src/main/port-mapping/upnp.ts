import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { KiB, type Milliseconds, second } from '../../shared/units.ts'
import { type Router, RouterRefused, type WantedPort } from './router.ts'
import { searchRouter } from './ssdp.ts'

const askMs: Milliseconds = 3 * second
const longestAnswer = 64 * KiB
const description = 'RMA Donor'
/** Of other ports than the one wanted. */
const portTries = 4
const [firstPort, lastPort] = [20_000, 60_000]
const faults = { noSuchEntry: 714, conflict: 718, onlyPermanent: 725 }
const refusals: Record<number, string> = {
  501: 'it failed to',
  606: 'its owner has switched port forwarding off',
  718: 'all ports that were tried are taken',
  728: 'it has no ports left',
  729: 'another rule of the router’s stands against it',
}

export interface ControlPoint {
  service: string
  url: URL
}

/** Where a router's connection to the internet is controlled, of either version of the standard; on the router itself. Pure. */
export function readDescription(xml: string, location: URL): ControlPoint | undefined {
  // Not by a pattern: for one that begins a thousand services and ends none, each would look to the end of the text.
  for (const part of xml.split('<service>').slice(1)) {
    const [block = '', end] = part.split('</service>', 2)
    if (end === undefined) continue
    const service = elementIn(block, 'serviceType')
    const control = elementIn(block, 'controlURL')
    if (!/^urn:schemas-upnp-org:service:WAN(IP|PPP)Connection:[12]$/.test(service) || control === '') continue
    if (!URL.canParse(control, location)) continue
    const url = new URL(control, location)
    if (url.protocol === 'http:' && url.hostname === location.hostname) return { service, url }
  }
  return undefined
}

/** Text of the first such element, empty where there is none. */
function elementIn(xml: string, name: string): string {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? ''
  return text.trim().replaceAll('&amp;', '&')
}

class UpnpFault extends RouterRefused {
  readonly code: number

  constructor(code: number) {
    super(refusals[code] ?? `UPnP error ${code}`)
    this.code = code
  }
}

/** The router of the LAN that `lanIp` is in, where it speaks UPnP. Rejects with the signal's reason only. */
export async function findUpnpRouter(lanIp: string, signal: AbortSignal): Promise<Router | undefined> {
  const location = await searchRouter(lanIp, signal)
  if (location === undefined) return undefined
  try {
    const point = readDescription(await ask(location, {}, signal), location)
    return point === undefined ? undefined : upnpRouter(point, lanIp)
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

/** The router that is controlled there, for this machine's address on its LAN. */
export function upnpRouter(point: ControlPoint, lanIp: string): Router {
  const open = async ({ internalPort, externalPort, lifetimeMs }: WantedPort, signal: AbortSignal) => {
    await act(point, 'AddPortMapping', signal, {
      NewRemoteHost: '',
      NewExternalPort: externalPort,
      NewProtocol: 'TCP',
      NewInternalPort: internalPort,
      NewInternalClient: lanIp,
      NewEnabled: 1,
      NewPortMappingDescription: description,
      NewLeaseDuration: Math.round(lifetimeMs / second),
    })
    return externalPort
  }
  return {
    protocol: 'upnp',
    lanIp,
    async externalIp(signal) {
      const answer = await act(point, 'GetExternalIPAddress', signal, {})
      return z.union([z.ipv4(), z.literal('')]).parse(elementIn(answer, 'NewExternalIPAddress'))
    },
    async open(wanted, signal, beforePermanent) {
      let next = wanted
      for (let tries = 0; ; tries++) {
        try {
          if (next.lifetimeMs === 0) await beforePermanent(next)
          return await open(next, signal)
        } catch (error) {
          if (!(error instanceof UpnpFault) || tries === portTries) throw error
          if (error.code === faults.conflict) next = { ...next, externalPort: randomInt(firstPort, lastPort) }
          // Older routers know ports that stay open only.
          else if (error.code === faults.onlyPermanent && next.lifetimeMs > 0) next = { ...next, lifetimeMs: 0 }
          else throw error
        }
      }
    },
    async close({ externalPort }, signal) {
      const port = { NewRemoteHost: '', NewExternalPort: externalPort, NewProtocol: 'TCP' }
      await act(point, 'DeletePortMapping', signal, port)
    },
    async leadsHere({ internalPort, externalPort }, signal) {
      const port = { NewRemoteHost: '', NewExternalPort: externalPort, NewProtocol: 'TCP' }
      try {
        const entry = await act(point, 'GetSpecificPortMappingEntry', signal, port)
        return (
          elementIn(entry, 'NewInternalClient') === lanIp &&
          elementIn(entry, 'NewInternalPort') === String(internalPort)
        )
      } catch (error) {
        if (error instanceof UpnpFault && error.code === faults.noSuchEntry) return false
        throw error
      }
    },
  }
}

/** UPnP Device Architecture 1.1, section 3.2. Rejects as a router does. */
async function act(
  { service, url }: ControlPoint,
  action: string,
  signal: AbortSignal,
  values: Record<string, string | number>,
): Promise<string> {
  const fields = Object.entries(values).map(([name, value]) => `<${name}>${value}</${name}>`)
  const body = [
    '<?xml version="1.0"?>',
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">',
    `<s:Body><u:${action} xmlns:u="${service}">${fields.join('')}</u:${action}></s:Body>`,
    '</s:Envelope>',
  ].join('\r\n')
  const headers = { 'content-type': 'text/xml; charset="utf-8"', soapaction: `"${service}#${action}"` }
  return ask(url, { method: 'POST', headers, body }, signal)
}

async function ask(url: URL, init: RequestInit, signal: AbortSignal): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(askMs)])
  const response = await fetch(url, { ...init, redirect: 'error', signal: limit })
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    if (text.length > longestAnswer) throw new Error(`expected at most ${longestAnswer} characters from the router`)
  }
  const code = /<errorCode>\s*(\d{1,5})\s*<\/errorCode>/.exec(text)?.[1]
  if (!response.ok)
    throw code === undefined ? new RouterRefused(`HTTP ${response.status}`) : new UpnpFault(Number(code))
  return text
}
