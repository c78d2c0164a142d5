import { describe, expect, it } from 'vitest'
import type { ServiceStatus } from '../shared/schema/service.ts'
import { workerRecordSchema } from '../shared/schema/worker.ts'
import { sampleStatus } from '../shared/testing/samples.ts'
import { choicesOf } from './announced-choices.ts'
import { draftOf } from './donation.ts'

function service(type: string, fields: Partial<ServiceStatus> = {}): ServiceStatus {
  const [sample] = sampleStatus.services
  if (sample === undefined) throw new Error('expected a sample')
  const { unavailable: _, advice: __, languages: ___, ...able } = sample
  return { ...able, type, ...fields }
}

describe('what requests may choose from', () => {
  it('is announced for each service, in an order that does not depend on what is in memory', () => {
    const services = [
      service('ocr', { languages: { chosen: ['eng'], installed: ['eng', 'cym', 'deu'] } }),
      service('llm-inference', { models: ['tiny-1b', 'big:70b'] }),
      service('ner-extraction'),
    ]
    expect(choicesOf(services, 1_200)).toEqual([
      { service: 'ocr', languages: ['cym', 'deu', 'eng'] },
      { service: 'llm-inference', models: ['big:70b', 'tiny-1b'] },
    ])
  })

  it('is nothing where every worker has it, or where no name may travel', () => {
    expect(choicesOf([service('ocr', { languages: { chosen: ['eng'], installed: ['eng'] } })], 1_200)).toEqual([])
    expect(choicesOf([service('llm-inference', { models: ['x'.repeat(97), 'bell\u0007'] })], 1_200)).toEqual([])
    expect(choicesOf([service('llm-inference', { models: ['tiny-1b'] })], 0)).toEqual([])
  })

  it('stays within its bytes: models in memory and languages read by default go first', () => {
    const models = Array.from(
      { length: 100 },
      (_, index) => `model-${String(index).padStart(3, '0')}-${'x'.repeat(50)}`,
    )
    const installed = Array.from({ length: 120 }, (_, at) => `a${String.fromCharCode(97 + (at % 26), 97 + at / 26)}`)
    const services = [
      service('llm-inference', { models }),
      service('ocr', { languages: { chosen: ['zzz'], installed: [...installed, 'zzz'] } }),
    ]
    const choices = choicesOf(services, 1_200)
    expect(choices[0]?.models).toEqual(models.slice(0, 9))
    expect(choices[1]?.languages).toContain('zzz')
    expect(choices[1]?.languages).toHaveLength(64)
    expect(JSON.stringify(choices).length).toBeLessThan(1_400)
  })

  it('leaves a record with the longest addresses below 4 KiB', () => {
    const models = Array.from({ length: 32 }, (_, index) => `${index}-${'x'.repeat(90)}`)
    const draft = draftOf({
      donating: true,
      mode: 'work',
      services: [service('llm-inference', { models }), service('vision-ocr', { models })],
      capabilities: sampleStatus.capabilities,
      capacity: { load: 0, queue: { running: 0, waiting: 0, slots: 1, bound: 1 } },
      addresses: Array.from({ length: 16 }, (_, index) => `/dns4/${'x'.repeat(180)}/tcp/${index}`),
      location: undefined,
    })
    expect(draft).toBeDefined()
    expect(Buffer.byteLength(JSON.stringify(draft))).toBeLessThan(3_800)
    expect(workerRecordSchema.shape.choices.parse(draft?.choices)).toEqual(draft?.choices)
  })
})
