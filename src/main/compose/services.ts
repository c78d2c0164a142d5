import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type EngineSettings, engineSettingsSchema } from '../../shared/schema/service-settings.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import type { Clock } from '../clock.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { Hardware } from '../resources/hardware.ts'
import type { EngineLauncher } from '../services/engine-launcher.ts'
import { nerExtraction } from '../services/entities/ner-extraction.ts'
import { ReadingLanguages } from '../services/languages.ts'
import { usualPlaces } from '../services/loopback/engine-probe.ts'
import { llmInference } from '../services/loopback/llm-inference.ts'
import { LoopbackEngines } from '../services/loopback/loopback-engines.ts'
import { visionOcr } from '../services/loopback/vision-ocr.ts'
import { ocrIn } from '../services/ocr.ts'
import { ServiceHost } from '../services/service-host.ts'
import { OwnServers } from '../services/upstream/own-servers.ts'

export interface ServicesComponents {
  launch: EngineLauncher
  hardware: LiveValue<Hardware>
  /** As they change. */
  settings: LiveValue<Settings>
  clock: Clock
  lifecycle: Lifecycle
  log: Logger
}

export interface ServicesInit {
  /** As this run uses them from its start. */
  settings: Pick<Settings, 'services' | 'engines' | 'reading'>
  dataFolder: string
  /** The system's, for tests another. */
  systemRoot?: string | undefined
}

/** What a model may take: most of what the owner does not keep free of the largest card, or half of the machine's memory. */
const shareOfCard = 0.9
const shareOfMemory = 0.5

/** The services of a node: those built in, those of language engines beside it, those of the donor's own servers. */
export function composeServices(
  { launch, hardware, settings: changing, clock, lifecycle, log: nodeLog }: ServicesComponents,
  { settings, dataFolder, systemRoot }: ServicesInit,
): ServiceHost {
  const log = nodeLog.child({ component: 'services' })
  const chosenIn = ({ engines }: Pick<Settings, 'engines'>) => engineSettingsSchema.parse(engines ?? {})
  let chosen = chosenIn(settings)
  const vramMiB = () => Math.max(0, ...hardware.get().capabilities.gpus.map(gpu => gpu.vramMiB))
  const budgetMiB = () => {
    const { vramKeptFreeMiB } = changing.get().limits
    const ofCard = Math.max(0, vramMiB() - vramKeptFreeMiB) * shareOfCard
    return Math.max(ofCard, hardware.get().capabilities.memoryMiB * shareOfMemory)
  }
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
  const limits = {
    get maxTokens() {
      return chosen.maxTokens
    },
  }
  const languages = lifecycle.add(
    'reading languages',
    new ReadingLanguages({ clock }, { ownFolder: join(dataFolder, 'tessdata'), systemRoot, reading: settings.reading }),
  )
  const builtIn = [ocrIn(languages.languages), nerExtraction, llmInference(engines, limits), visionOcr(engines, limits)]
  const own = new OwnServers({ vramMiB })
  const definitionsFor = (services: Settings['services']) => {
    const servers = own.definitions(services)
    return [...builtIn.filter(({ type }) => servers.every(each => each.type !== type)), ...servers]
  }
  const host = lifecycle.add(
    'services',
    new ServiceHost(
      { launch, clock, log },
      {
        machine: hardware.get().capabilities,
        services: settings.services,
        definitions: definitionsFor(settings.services),
      },
    ),
  )
  changing.subscribe(changed => {
    const next = chosenIn(changed)
    if (!isDeepStrictEqual(next, chosen)) {
      chosen = next
      engines.configure(engineChoice(next))
    }
    languages.configure(changed.reading)
    host.redefine(definitionsFor(changed.services), changed.services)
  })
  return host
}

function engineChoice({ places, model, visionModel }: EngineSettings) {
  return { places: [...places, ...usualPlaces], only: { words: model, pictures: visionModel } }
}
