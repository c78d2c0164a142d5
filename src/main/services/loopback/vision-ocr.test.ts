import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { drawPage, letter } from '../../../../e2e/support/letters.ts'
import { makePdf } from '../../../../e2e/support/pdf.ts'
import { ocrAnswerSchema } from '../../../shared/schema/service.ts'
import { minute } from '../../../shared/units.ts'
import { systemClock } from '../../clock.ts'
import type { ServiceRequest } from '../../service-request.ts'
import { engineEntries } from '../engine-launcher.ts'
import type { ServiceHost } from '../service-host.ts'
import { failureOf, requestFor, testHost, textOf } from '../testing/test-host.ts'
import { LoopbackEngines } from './loopback-engines.ts'
import { StandInEngine } from './testing/stand-in-engine.ts'
import { visionOcr } from './vision-ocr.ts'

vi.setConfig({ testTimeout: minute })

let engine: StandInEngine
let engines: LoopbackEngines
let host: ServiceHost
beforeEach(async () => {
  engine = await StandInEngine.start()
  engine.models = [{ id: 'tiny-1b' }, { id: 'llava-7b' }]
  engines = new LoopbackEngines(
    { clock: systemClock, log: pino({ level: 'silent' }) },
    { places: [{ name: 'Tests', url: engine.url }], budgetMiB: () => 8_192 },
  )
  host = testHost({
    entries: engineEntries(import.meta.url, new URL('../engine-launcher.ts', import.meta.url).href),
    definitions: [visionOcr(engines, { maxTokens: 500 })],
    services: { 'vision-ocr': { enabled: true } },
  })
  await engines.look()
})
afterEach(async () => {
  await host.stop()
  engines.stop()
  await engine.stop()
})

const ask = (bytes: Uint8Array, contentType: string, fields: Partial<ServiceRequest> = {}) =>
  host.run(requestFor(bytes, { service: 'vision-ocr', contentType, deadlineAt: Date.now() + minute, ...fields }))

describe('vision-ocr', () => {
  it('has a model that sees read each page', async () => {
    engine.manner = { kind: 'well', words: ['Dear', ' Ms Whitfield'] }
    const answer = await ask(makePdf([{ lines: letter }, { lines: letter }]), 'application/pdf')
    expect(ocrAnswerSchema.parse(JSON.parse(await textOf(answer)))).toMatchObject({
      text: 'Dear Ms Whitfield\fDear Ms Whitfield',
      confidence: 0,
      pages: [{ words: [] }, { words: [] }],
    })
    const { body } = engine.seen[0] ?? { body: {} }
    expect(body).toMatchObject({ model: 'llava-7b', max_tokens: 500 })
    expect(JSON.stringify(body)).toContain('data:image/jpeg;base64,/9j/')
  })

  it('stops the engine when the requester has gone', async () => {
    engine.manner = { kind: 'silent' }
    const cancel = new AbortController()
    const png = await drawPage(letter).png().toBuffer()
    const outcome = failureOf(ask(png, 'image/png', { signal: cancel.signal }))
    await vi.waitFor(() => expect(engine.running).toBe(1))
    cancel.abort()
    expect(await outcome).toMatchObject({ code: 'CANCELLED' })
    await vi.waitFor(() => expect(engine.running).toBe(0))
  })

  it('is not offered without a model that sees', async () => {
    engine.models = [{ id: 'tiny-1b' }]
    await engines.look()
    expect(host.status.get()[0]?.unavailable).toMatchObject({ kind: 'needs-model', engines: ['Tests'], pictures: true })
  })

  it('fails the job, and serves the next, when the engine fails or the document is none', async () => {
    engine.manner = { kind: 'status', status: 500 }
    const pdf = makePdf([{ lines: letter }])
    expect(await failureOf(ask(pdf, 'application/pdf'))).toMatchObject({ code: 'ENGINE_FAILED' })
    expect(await failureOf(ask(Buffer.from('none'), 'image/png'))).toMatchObject({ code: 'UNSUPPORTED_TYPE' })
    engine.manner = { kind: 'well', words: ['ok'] }
    expect(JSON.parse(await textOf(await ask(pdf, 'application/pdf')))).toMatchObject({ text: 'ok' })
  })
})
