import { request as httpRequest } from 'undici'
import type { z } from 'zod'
import { isErrorCode, RmaError } from '../../shared/errors.ts'
import { apiErrorSchema } from '../../shared/schema/coordinator-api.ts'
import { second } from '../../shared/units.ts'
import { loadAccessToken, operatorTokenFile } from '../config/access-token.ts'
import { findRunningNode } from './running-node.ts'

const timeoutMs = 30 * second

/** The coordinator that runs on a data folder, as its operator asks it over its HTTP API. */
export interface OperatorApi {
  token: string
  url: string
  /** Rejects with what the coordinator answers, or PROTOCOL. */
  ask<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, answer: z.ZodType<T>, body?: unknown): Promise<T>
}

/** Rejects with NODE_NOT_RUNNING where no coordinator runs there. */
export async function findCoordinator(dataFolder: string | undefined, env: NodeJS.ProcessEnv): Promise<OperatorApi> {
  const node = await findRunningNode(dataFolder, env)
  const url = node.runtime.apiUrl
  if (url === undefined)
    throw new RmaError(
      'NODE_NOT_RUNNING',
      `the node on ${node.dataFolder} is no coordinator: see \`rma-donor coordinator\``,
    )
  const token = await loadAccessToken(node.dataFolder, operatorTokenFile)
  return {
    token,
    url,
    async ask(method, path, answer, body) {
      const response = await httpRequest(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      })
      const text = await response.body.text()
      const json: unknown = text === '' ? undefined : JSON.parse(text)
      if (response.statusCode < 300) return answer.parse(json)
      const { code, message, details } = apiErrorSchema.parse(json).error
      throw isErrorCode(code) ? new RmaError(code, message, details) : new RmaError('PROTOCOL', message, details)
    },
  }
}
