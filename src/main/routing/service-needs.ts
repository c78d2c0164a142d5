import type { ServiceType } from '../../shared/schema/primitives.ts'

/** Services of the platform that run models; whoever asks for one need not have it to know that a GPU makes it quick. */
const gpuServices: ReadonlySet<ServiceType> = new Set(['llm-inference', 'vision-ocr', 'chat', 'enhance'])

/** Those whose bodies name a model as OpenAI's API does. */
const modelServices: ReadonlySet<ServiceType> = new Set(['llm-inference'])

/** Whether what a body says of its model decides who can serve it. */
export function namesModel(service: ServiceType): boolean {
  return modelServices.has(service)
}

/** Whether languages that a request names decide who can serve it: models read what they read. */
export function readsLanguages(service: ServiceType): boolean {
  return service === 'ocr'
}

/** Whether a service answers sooner on a machine with a graphics card. */
export function wantsGpu(service: ServiceType): boolean {
  return gpuServices.has(service)
}
