import type { Server } from 'node:net'
import { RmaError } from '../../shared/errors.ts'
import type { PortChoice } from './node-config.ts'

const attempts = 20

/**
 * Listens on `host`. A default port that is taken, or kept by the system, gives way to the next free one; an explicit one that
 * is taken, or 20 taken in a row, rejects with PORT_IN_USE; one that only the system may use with PORT_NOT_ALLOWED, and an address that
 * is not this machine's with ADDRESS_NOT_HERE. Returns the port in use.
 */
export async function listenOnPort(server: Server, choice: PortChoice, host: string): Promise<number> {
  const last = choice.explicit ? choice.port : Math.min(choice.port + attempts - 1, 65_535)
  for (let port = choice.port; port <= last; port++) {
    try {
      return await listen(server, port, host)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Windows keeps ranges of ports for itself, and says EACCES of them.
      if (code === 'EADDRINUSE' || (code === 'EACCES' && !choice.explicit)) continue
      throw refusal(code, { port, host }) ?? error
    }
  }
  const ports = choice.port === last ? `port ${choice.port}` : `each port from ${choice.port} to ${last}`
  throw new RmaError('PORT_IN_USE', `expected a free port on ${host}: ${ports} is taken by another program`, {
    port: choice.port,
    host,
  })
}

function refusal(code: string | undefined, place: { port: number; host: string }): RmaError | undefined {
  const { port, host } = place
  if (code === 'EACCES')
    return new RmaError('PORT_NOT_ALLOWED', `expected a port that this user may listen on, got ${port}`, place)
  if (code === 'EADDRNOTAVAIL')
    return new RmaError('ADDRESS_NOT_HERE', `expected an address of this machine to listen on, got ${host}`, place)
  return undefined
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      server.off('error', settle)
      server.off('listening', settle)
      const address = server.address()
      if (error !== undefined) reject(error)
      else resolve(typeof address === 'object' && address !== null ? address.port : port)
    }
    server.on('error', settle)
    server.on('listening', settle)
    server.listen({ port, host, exclusive: true })
  })
}
