import { z } from 'zod'
import { type ErrorCode, errorCatalogue } from '../errors.ts'

const details = z.record(z.string(), z.unknown())

/** Every code of the catalogue as an oRPC error that carries the same details over RPC as over HTTP. */
export const contractErrors = Object.fromEntries(
  Object.entries(errorCatalogue).map(([code, { status }]) => [code, { status, data: details }]),
) as Record<ErrorCode, { status: number; data: typeof details }>
