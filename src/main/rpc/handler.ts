import { mapEventIterator } from '@orpc/client'
import { StandardRPCHandler } from '@orpc/server/standard'
import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import type { Logger } from '../log.ts'
import { toContractError, toPublicError } from './contract-error.ts'
import type { NodeApi } from './node-api.ts'
import { createRpcRouter } from './router.ts'

/** Answers RPC requests, whichever transport they came over. */
export type RpcHandler = StandardRPCHandler<Record<never, never>>

/**
 * Makes the one handler that all transports of a node share. Errors reach callers with code, message and details of the
 * catalogue; unexpected ones are logged here and reach them as INTERNAL.
 */
export function createRpcHandler(node: NodeApi, log: Logger): RpcHandler {
  const publish = (thrown: unknown, path: readonly string[]) => {
    const error = toPublicError(thrown)
    if (error.code === 'INTERNAL')
      log.error({ procedure: path.join('.'), err: thrown }, 'a procedure failed unexpectedly')
    return toContractError(error)
  }
  return new StandardRPCHandler(createRpcRouter(node), {
    clientInterceptors: [
      async ({ next, path, procedure, input }) => {
        try {
          const output: unknown = await next()
          if (!isAsyncIterator(output)) return output
          return mapEventIterator(output, { value: async value => value, error: async error => publish(error, path) })
        } catch (error) {
          const inputIsAtFault = error instanceof TypeError && !isTaken(procedure['~orpc'].inputSchema, input)
          throw publish(inputIsAtFault ? new RmaError('BAD_REQUEST', 'expected plain values') : error, path)
        }
      },
    ],
  })
}

/** Zod throws for some input, where it ought to refuse it. */
function isTaken(schema: unknown, input: unknown): boolean {
  return !(schema instanceof z.ZodType) || safeParse(schema, input).success
}

function isAsyncIterator(value: unknown): value is AsyncIterator<unknown, unknown, void> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
