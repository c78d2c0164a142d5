import { safeParse } from '../shared/safe-parse.ts'
import { languageCodeSchema, modelNameSchema } from '../shared/schema/primitives.ts'
import type { ServiceStatus } from '../shared/schema/service.ts'
import type { Choice } from '../shared/schema/worker.ts'

/** Bytes that a name takes beside its own, and a service beside its names. */
const bytesAName = 2
const bytesAService = 32
const mostServices = 8
const mostModels = 32
const mostLanguages = 64

/**
 * What requests for these services may choose from, within `bytes` of a record. Each service gets the same share; where
 * that is too little, the models in memory and the languages read by default are named before others. A service that
 * reads nothing but English has nothing to say: every worker does that.
 */
export function choicesOf(services: readonly ServiceStatus[], bytes: number): Choice[] {
  const choosing = services.filter(({ models = [], languages }) => models.length > 0 || languages !== undefined)
  const share = Math.floor(bytes / Math.max(1, choosing.length)) - bytesAService
  return choosing.slice(0, mostServices).flatMap(({ type, models = [], languages }): Choice[] => {
    const codes = languages === undefined ? [] : languagesIn(languages, share)
    const names = fitting(models.filter(isModel), mostModels, share)
    if (names.length === 0 && codes.length === 0) return []
    return [
      {
        service: type,
        ...(names.length === 0 ? {} : { models: names.sort() }),
        ...(codes.length === 0 ? {} : { languages: codes.sort() }),
      },
    ]
  })
}

function languagesIn({ chosen, installed }: NonNullable<ServiceStatus['languages']>, share: number): string[] {
  const first = installed.filter(code => chosen.includes(code))
  const codes = [...first, ...installed.filter(code => !chosen.includes(code))].filter(isLanguage)
  return codes.join() === 'eng' ? [] : fitting(codes, mostLanguages, share)
}

/** The first of the names, until one has no room. */
function fitting(names: readonly string[], most: number, bytes: number): string[] {
  let left = bytes
  const end = names.slice(0, most).findIndex(name => {
    left -= name.length + bytesAName
    return left < 0
  })
  return names.slice(0, end === -1 ? most : end)
}

const isModel = (name: string) => safeParse(modelNameSchema, name).success
const isLanguage = (code: string) => safeParse(languageCodeSchema, code).success
