import { expect, it } from 'vitest'
import { adviceSchema, type Unavailability, unavailabilitySchema } from '../../shared/schema/service.ts'
import { adviceOn } from './advice.ts'

const reasons: Unavailability[] = [
  { kind: 'disabled' },
  { kind: 'gpu-paused' },
  { kind: 'engine-failed', message: 'it ended', retryAt: 1 },
  { kind: 'needs-memory', neededMiB: 1_536, foundMiB: 1_024 },
  { kind: 'needs-gpu', neededVramMiB: 8_192, foundVramMiB: 0 },
  { kind: 'needs-engine', engines: ['Ollama'], places: ['http://127.0.0.1:11434'] },
  { kind: 'needs-model', engines: ['Ollama'], pictures: true, budgetMiB: 4_096 },
  { kind: 'needs-language', languages: ['cym'] },
  { kind: 'unhealthy', message: 'nothing answers', url: 'http://127.0.0.1:8101' },
]

it('has advice on every reason, with the values to say it with', () => {
  expect(reasons.map(({ kind }) => kind)).toEqual(unavailabilitySchema.options.map(({ shape }) => shape.kind.value))
  const advice = reasons.map(reason => adviceSchema.parse(adviceOn(reason)))
  expect(advice).toEqual([
    { kind: 'switch-on' },
    { kind: 'resume-gpu' },
    { kind: 'wait-or-read-log', retryAt: 1 },
    { kind: 'more-memory', memoryMiB: 1_536 },
    { kind: 'larger-card', vramMiB: 8_192 },
    { kind: 'start-engine', engines: ['Ollama'], places: ['http://127.0.0.1:11434'] },
    { kind: 'get-model', engines: ['Ollama'], pictures: true, budgetMiB: 4_096 },
    { kind: 'install-languages', languages: ['cym'] },
    { kind: 'mend-server', url: 'http://127.0.0.1:8101' },
  ])
})
