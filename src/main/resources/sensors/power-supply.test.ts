import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { powerOf, powerSupplySensor, type Supply } from './power-supply.ts'

const supply = (fields: Partial<Supply>): Supply => ({
  type: undefined,
  scope: undefined,
  online: undefined,
  status: undefined,
  percent: undefined,
  ...fields,
})

describe('what feeds the machine', () => {
  it.each([
    ['no supply at all: a desktop', [], { source: 'mains' }],
    [
      'plugged in and full',
      [
        { type: 'Mains', online: 1 },
        { type: 'Battery', status: 'Full', percent: 100 },
      ],
      { source: 'mains', percent: 100 },
    ],
    [
      'unplugged',
      [
        { type: 'Mains', online: 0 },
        { type: 'Battery', status: 'Discharging', percent: 40 },
      ],
      { source: 'battery', percent: 40 },
    ],
    [
      'unplugged a moment ago',
      [
        { type: 'Mains', online: 0 },
        { type: 'Battery', status: 'Unknown', percent: 99 },
      ],
      { source: 'battery', percent: 99 },
    ],
    [
      'fed through USB-C',
      [
        { type: 'USB', online: 1 },
        { type: 'Battery', status: 'Charging', percent: 30 },
      ],
      { source: 'mains', percent: 30 },
    ],
    [
      'no plug that the kernel knows',
      [{ type: 'Battery', status: 'Discharging', percent: 12 }],
      { source: 'battery', percent: 12 },
    ],
    [
      'two batteries',
      [
        { type: 'Battery', status: 'Discharging', percent: 20 },
        { type: 'Battery', status: 'Unknown', percent: 81 },
      ],
      { source: 'battery', percent: 51 },
    ],
    [
      'a mouse with a battery',
      [{ type: 'Battery', scope: 'Device', status: 'Discharging', percent: 5 }],
      { source: 'mains' },
    ],
  ] as [string, Partial<Supply>[], object][])('%s', (_name, supplies, power) => {
    expect(powerOf(supplies.map(supply))).toEqual(power)
  })

  it('is read from the files of the kernel, also where a container has them', async () => {
    const root = await mkdtemp(join(tmpdir(), 'rma-power-'))
    onTestFinished(() => rm(root, { recursive: true }))
    const { read } = powerSupplySensor(root)
    const { signal } = new AbortController()
    expect(await read(signal)).toEqual({ known: false, cause: 'missing' })
    const battery = join(root, 'sys/class/power_supply/BAT0')
    await mkdir(battery, { recursive: true })
    await writeFile(join(battery, 'type'), 'Battery\n')
    await writeFile(join(battery, 'status'), 'Discharging\n')
    await writeFile(join(battery, 'capacity'), '63\n')
    expect(await read(signal)).toEqual({ known: true, value: { source: 'battery', percent: 63 } })
  })
})
