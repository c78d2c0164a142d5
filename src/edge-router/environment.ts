import { z } from 'zod'
import { RmaError } from '../shared/errors.ts'
import { rawKeySchema } from '../shared/membership/ca-key.ts'
import { networkId } from '../shared/membership/network-id.ts'
import { safeParse } from '../shared/safe-parse.ts'
import { networkNameSchema } from '../shared/schema/primitives.ts'
import type { EdgeInit } from './edge-app.ts'

const environmentSchema = z.object({
  NETWORK_NAME: networkNameSchema,
  NETWORK_CA_KEY: rawKeySchema,
  OPERATOR_TOKEN: z.string().min(32, 'expected at least 32 characters: openssl rand -hex 32').max(512),
})

/** Reads the Worker's variables and secrets. Throws BAD_ENVIRONMENT, which names the one that is wrong. */
export function readEnvironment(env: unknown): EdgeInit {
  const parsed = safeParse(environmentSchema, env)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new RmaError('BAD_ENVIRONMENT', `${String(issue?.path[0])}: ${issue?.message}`, {
      variable: issue?.path[0],
    })
  }
  const { NETWORK_NAME, NETWORK_CA_KEY, OPERATOR_TOKEN } = parsed.data
  return {
    networkId: networkId(NETWORK_NAME, NETWORK_CA_KEY),
    caPublicKey: NETWORK_CA_KEY,
    operatorToken: OPERATOR_TOKEN,
  }
}
