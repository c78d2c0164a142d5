import { expect, it } from 'vitest'
import { energyOf } from '../../shared/energy.ts'
import type { ExportFormat, ExportPiece, LedgerJob } from '../../shared/schema/contribution.ts'
import { hour } from '../../shared/units.ts'
import { contributionOf } from './contribution.ts'
import { exportJobs } from './export-jobs.ts'
import { madeUpJob } from './testing/made-up-job.ts'

function ledgerOf(jobs: LedgerJob[]) {
  const numbered = jobs.map((job, index) => ({ ...job, number: index + 1 }))
  return {
    countJobs: async () => jobs.length,
    jobsAfter: async (number: number, limit: number) => numbered.filter(job => job.number > number).slice(0, limit),
  }
}

async function exported(jobs: LedgerJob[], format: ExportFormat) {
  const pieces: ExportPiece[] = []
  for await (const piece of exportJobs(ledgerOf(jobs), format)) pieces.push(piece)
  return {
    text: pieces.map(({ text }) => text).join(''),
    progress: pieces.map(({ written, total }) => [written, total]),
  }
}

it('exports a line for each job, a piece at a time, and says how far it is', async () => {
  const { text, progress } = await exported(
    Array.from({ length: 2_500 }, (_, number) => madeUpJob(number)),
    'csv',
  )
  const lines = text.split('\r\n')
  expect(lines).toHaveLength(2_502)
  expect(lines[0]).toMatch(/^request_id,role,service,/)
  expect(lines[1]).toMatch(/^made-up-job-0,served,ocr,.*,2026-06-03T12:00:00\.510Z,1000,100,450,0,$/)
  expect(progress).toEqual([
    [0, 2_500],
    [1_000, 2_500],
    [2_000, 2_500],
    [2_500, 2_500],
    [2_500, 2_500],
  ])
})

it('exports JSON that a program can read, with no job too', async () => {
  const jobs = [madeUpJob(1, { error: 'BUSY', state: 'failed' }), madeUpJob(2)]
  expect(JSON.parse((await exported(jobs, 'json')).text)).toMatchObject([
    { request_id: 'made-up-job-1', state: 'failed', error: 'BUSY' },
    { request_id: 'made-up-job-2' },
  ])
  expect(JSON.parse((await exported([], 'json')).text)).toEqual([])
})

it('leaves nothing in a cell that a spreadsheet would run', async () => {
  const { text } = await exported([madeUpJob(1, { error: '=cmd("x"),1' })], 'csv')
  expect(text).toContain(`"'=cmd(""x""),1"`)
})

it('reckons energy from processor and graphics time', () => {
  const used = { cpuMs: 2 * hour, gpuMs: hour }
  expect(energyOf(used, { keepDays: 1, wattsPerThread: 5, gpuWatts: 200 })).toEqual({ wattHours: 210 })
  const price = { amount: 0.3, currency: 'GBP' }
  const { cost } = energyOf(used, { keepDays: 1, wattsPerThread: 5, gpuWatts: 200, price })
  expect(cost).toEqual({ amount: expect.closeTo(0.063), currency: 'GBP' })
})

it('adds up what was done for others, not what was asked of them', () => {
  const day = { day: '2026-06-03', service: 'ocr', jobs: 2, failed: 0, cancelled: 0, verified: 1 }
  const amounts = { bytesIn: 10, bytesOut: 1, runMs: 100, cpuMs: 90, gpuMs: 0 }
  const days = [
    { ...day, ...amounts, role: 'served' as const },
    { ...day, ...amounts, role: 'served' as const, service: 'ner-extraction' },
    { ...day, ...amounts, role: 'requested' as const },
  ]
  const { served } = contributionOf(days, { keepDays: 1, wattsPerThread: 1, gpuWatts: 1 })
  expect(served).toMatchObject({ jobs: 4, verified: 2, bytesIn: 20, cpuMs: 180 })
})
