import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { toRmaError } from '../../../shared/errors.ts'
import { systemClock } from '../../clock.ts'
import { ApiAccess } from '../api-access.ts'
import { ApiKeys } from '../api-keys.ts'
import type { MembershipAuthority } from './authority.ts'
import { membershipHandlers } from './membership-handlers.ts'
import { type MembershipOperation, membershipRoutes } from './membership-routes.ts'

export interface TestApi {
  url: string
  /** Requests answered so far. */
  asked(): number
  stop(): Promise<void>
}

export interface TestApiInit {
  authority: MembershipAuthority | undefined
  operator?: string
}

/** The routes of membership alone, over real HTTP on loopback. */
export async function startApi({ authority, operator = 'operator' }: TestApiInit): Promise<TestApi> {
  let asked = 0
  const access = new ApiAccess(
    { keys: await ApiKeys.load('/nonexistent'), clock: systemClock },
    { open: false, operatorToken: encodeURIComponent(operator), behindTunnel: false },
  )
  const handlers = membershipHandlers({ access, authority, inviteSeeds: () => ['https://coordinator.example.org'] })
  const app = new Hono<{ Bindings: HttpBindings }>()
  for (const operation of Object.keys(membershipRoutes) as MembershipOperation[]) {
    const { method, path } = membershipRoutes[operation]
    app.on(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ':$1'), c => {
      asked++
      return handlers[operation](c, c.env.incoming as Parameters<(typeof handlers)[typeof operation]>[1])
    })
  }
  app.onError((thrown, c) => {
    const error = toRmaError(thrown)
    return c.json(error.toBody(), error.status as 500)
  })
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
