import { isDeepStrictEqual } from 'node:util'
import { type EngineSettings, engineSettingsSchema } from '../shared/schema/service-settings.ts'
import type { Settings } from '../shared/schema/settings.ts'
import type { Clock } from './clock.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { LiveValue } from './live-value.ts'
import type { Logger } from './log.ts'
import type { Hardware } from './resources/hardware.ts'
import type { EngineLauncher } from './services/engine-launcher.ts'
import { usualPlaces } from './services/loopback/engine-probe.ts'
import { llmInference } from './services/loopback/llm-inference.ts'
import { LoopbackEngines } from './services/loopback/loopback-engines.ts'
import { visionOcr } from './services/loopback/vision-ocr.ts'
import { builtInServices, ServiceHost } from './services/service-host.ts'
import { upstream } from './services/upstream/upstream.ts'

export interface ServicesComponents {
  launch: EngineLauncher
  hardware: LiveValue<Hardware>
  /** As they change. */
  settings: LiveValue<Settings>
  clock: Clock
  lifecycle: Lifecycle
  log: Logger
}

/** What a model may take: most of the largest card, or half of the machine's memory. */
const shareOfCard = 0.9
const shareOfMemory = 0.5

/** The services of a node: those built in, those of language engines beside it, those of the donor's own servers. */
export function composeServices(
  { launch, hardware, settings: changing, clock, lifecycle, log: nodeLog }: ServicesComponents,
  settings: Pick<Settings, 'services' | 'engines' | 'reading'>,
): ServiceHost {
  const log = nodeLog.child({ component: 'services' })
  const chosenIn = ({ engines }: Pick<Settings, 'engines'>) => engineSettingsSchema.parse(engines ?? {})
  let chosen = chosenIn(settings)
  const vramMiB = () => Math.max(0, ...hardware.get().capabilities.gpus.map(gpu => gpu.vramMiB))
  const budgetMiB = () => Math.max(vramMiB() * shareOfCard, hardware.get().capabilities.memoryMiB * shareOfMemory)
  const engines = lifecycle.add(
    'language engines',
    new LoopbackEngines(
      { clock, log },
      {
        ...engineChoice(chosen),
        budgetMiB,
      },
    ),
  )
  changing.subscribe(changed => {
    const next = chosenIn(changed)
    if (isDeepStrictEqual(next, chosen)) return
    chosen = next
    engines.configure(engineChoice(next))
  })
  const limits = {
    get maxTokens() {
      return chosen.maxTokens
    },
  }
  const builtIn = [...builtInServices(settings.reading), llmInference(engines, limits), visionOcr(engines, limits)]
  const own = Object.entries(settings.services).flatMap(([type, service]) =>
    service.upstream === undefined ? [] : [upstream(type, service.upstream, { vramMiB })],
  )
  const definitions = [...builtIn.filter(({ type }) => own.every(each => each.type !== type)), ...own]
  return lifecycle.add(
    'services',
    new ServiceHost(
      { launch, clock, log },
      { machine: hardware.get().capabilities, services: settings.services, definitions },
    ),
  )
}

function engineChoice({ places, model, visionModel }: EngineSettings) {
  return { places: [...places, ...usualPlaces], only: { words: model, pictures: visionModel } }
}
