import { isParticular } from '../../shared/particulars.ts'
import { safeParse } from '../../shared/safe-parse.ts'
import { modelNameSchema } from '../../shared/schema/primitives.ts'
import type { Particulars } from '../../shared/schema/worker.ts'
import type { ServiceRequest } from '../service-request.ts'
import type { RequestBody } from './request-body.ts'
import { namesModel, readsLanguages } from './service-needs.ts'

/** What whoever serves a request must have: what its headers say, and its body where that names a model. */
export function particularsOf(
  { service, contentType, particulars = {} }: Pick<ServiceRequest, 'service' | 'contentType' | 'particulars'>,
  { held }: Pick<RequestBody, 'held'>,
): Particulars | undefined {
  const json = contentType.split(';')[0]?.trim().toLowerCase() === 'application/json'
  const model = namesModel(service) && json && held !== undefined ? modelIn(held) : undefined
  const { languages, ...others } = particulars
  const all: Particulars = {
    ...others,
    ...(model === undefined ? {} : { model }),
    ...(languages === undefined || !readsLanguages(service) ? {} : { languages }),
  }
  return isParticular(all) ? all : undefined
}

/** The model a body names; a name that no worker can announce is left for the worker to refuse. */
function modelIn(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!text.includes('"model"')) return undefined
  try {
    const body: unknown = JSON.parse(text.toString())
    return typeof body === 'object' && body !== null && 'model' in body
      ? safeParse(modelNameSchema, body.model).data
      : undefined
  } catch {
    return undefined // The worker says what is wrong with it.
  }
}
