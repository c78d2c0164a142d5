import type { ServiceType } from './schema/primitives.ts'
import type { Choice, Particulars } from './schema/worker.ts'

/** A worker that says nothing of languages reads what every worker has. */
const shippedLanguages = ['eng']

/** Which of the things a request chooses a worker lacks, as far as it says; undefined where it has them all. */
export function lacking(
  choices: readonly Choice[] | undefined,
  service: ServiceType,
  { model, languages }: Particulars,
): 'model' | 'languages' | undefined {
  const choice = choices?.find(each => each.service === service)
  if (model !== undefined && choice?.models?.some(name => isNamed(name, model)) !== true) return 'model'
  const readable = choice?.languages ?? shippedLanguages
  return languages === undefined || languages.every(code => readable.includes(code)) ? undefined : 'languages'
}

/** What is offered of the things a request chooses, each once. */
export function offeredBy(
  workers: readonly { choices?: readonly Choice[] | undefined }[],
  service: ServiceType,
  lacks: 'model' | 'languages',
): string[] {
  const names = workers.flatMap(({ choices }) => {
    const choice = choices?.find(each => each.service === service)
    return lacks === 'model' ? (choice?.models ?? []) : (choice?.languages ?? shippedLanguages)
  })
  return [...new Set(names)].sort()
}

/** Whether `wanted` means the model of this name: in full, or without Ollama's `:latest`. */
export function isNamed(name: string, wanted: string): boolean {
  return name === wanted || name === `${wanted}:latest`
}

/** Whether it matters to a request who of those that offer a service takes it. */
export function isParticular({ model, languages }: Particulars): boolean {
  return model !== undefined || languages !== undefined
}
