import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cpuTemperature } from 'systeminformation'
import { minute, second } from '../../../shared/units.ts'
import { type Fact, known, unknown } from '../facts.ts'
import { readLine, readNumber } from './read-line.ts'
import type { Sensor } from './sensor.ts'

/** Drivers of the kernel's hwmon that measure processors; zones of its thermal framework that stand for them. */
const cpuChips = /^(?:coretemp|k10temp|k8temp|zenpower|cpu_thermal|fam15h_power)$/
const cpuZones = /^(?:x86_pkg_temp|cpu[-_]?thermal|soc[-_]thermal|acpitz)/

/** What no sensor means: below or above, it is one that is not connected. */
const plausible = { above: -40, below: 150 }

/** @param root where the machine's /sys is found */
export function cpuTemperatureSensor(root: string): Sensor<number> {
  return {
    everyMs: 5 * second,
    async read(): Promise<Fact<number>> {
      const chips = await chipTemperatures(join(root, 'sys/class/hwmon'), cpuChips)
      return hottest(chips.length > 0 ? chips : await zoneTemperatures(join(root, 'sys/class/thermal'), cpuZones))
    },
  }
}

/** For systems without /sys. Asking is slow there. */
export function generalTemperatureSensor(): Sensor<number> {
  return {
    everyMs: minute,
    async read(): Promise<Fact<number>> {
      const { main, max } = await cpuTemperature()
      return hottest([main, max])
    },
  }
}

export function hottest(celsius: readonly (number | null)[]): Fact<number> {
  const believable = celsius.filter(each => each !== null && each > plausible.above && each < plausible.below)
  return believable.length === 0 ? unknown('missing') : known(Math.max(...(believable as number[])))
}

/** Degrees Celsius of every input of the chips whose driver matches. */
export async function chipTemperatures(folder: string, driver: RegExp): Promise<number[]> {
  const chips = await readdir(folder).catch(() => [])
  const lists = await Promise.all(
    chips.map(async chip => {
      if (!driver.test((await readLine(join(folder, chip, 'name'))) ?? '')) return []
      const files = await readdir(join(folder, chip))
      return readAll(files.filter(file => /^temp\d+_input$/.test(file)).map(file => join(folder, chip, file)))
    }),
  )
  return lists.flat()
}

async function zoneTemperatures(folder: string, kind: RegExp): Promise<number[]> {
  const zones = await readdir(folder).catch(() => [])
  const matching = await Promise.all(
    zones.map(async zone => (kind.test((await readLine(join(folder, zone, 'type'))) ?? '') ? [zone] : [])),
  )
  return readAll(matching.flat().map(zone => join(folder, zone, 'temp')))
}

/** The kernel counts in thousandths of a degree. */
async function readAll(paths: string[]): Promise<number[]> {
  const values = await Promise.all(paths.map(readNumber))
  return values.flatMap(value => (value === undefined ? [] : [value / 1_000]))
}
