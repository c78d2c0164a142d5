import type { Advice } from '../../../shared/schema/service.ts'
import { formatChoice, formatMebibytes, formatTime } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'

/** What the owner can do so that a service is offered. */
export function adviceSentence(advice: Advice): string {
  const words = strings.services.advice
  switch (advice.kind) {
    case 'switch-on':
      return words.switchOn
    case 'resume-gpu':
      return words.resumeGpu
    case 'more-memory':
      return words.moreMemory({ memory: formatMebibytes(advice.memoryMiB) })
    case 'larger-card':
      return words.largerCard({ memory: formatMebibytes(advice.vramMiB) })
    case 'start-engine':
      return advice.places.length === 0
        ? words.startEngine({ engines: formatChoice(advice.engines) })
        : words.startEngineAt({ engines: formatChoice(advice.engines), places: formatChoice(advice.places) })
    case 'get-model':
      return getModel(advice)
    case 'install-languages':
      return words.installLanguages({ languages: formatChoice(advice.languages) })
    case 'mend-server':
      return advice.url === undefined ? words.mendServer : words.mendServerAt({ url: advice.url })
    case 'wait-or-read-log':
      return advice.retryAt === undefined ? words.readLog : words.waitOrReadLog({ time: formatTime(advice.retryAt) })
  }
}

function getModel({ engines, pictures, budgetMiB }: Extract<Advice, { kind: 'get-model' }>): string {
  const words = strings.services.advice
  const kind = pictures ? 'pictures' : 'text'
  return budgetMiB === undefined
    ? words.getModel({ engines: formatChoice(engines), kind })
    : words.getModelWithin({ engines: formatChoice(engines), kind, memory: formatMebibytes(budgetMiB) })
}
