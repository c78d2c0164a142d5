import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { second } from '../../../shared/units.ts'
import { type Fact, known, type Power, unknown } from '../facts.ts'
import { readLine, readNumber } from './read-line.ts'
import type { Sensor } from './sensor.ts'

/** What the kernel tells of one power supply (Documentation/ABI/testing/sysfs-class-power). */
export interface Supply {
  type: string | undefined
  /** `Device`: the battery of a mouse and the like. */
  scope: string | undefined
  online: number | undefined
  status: string | undefined
  percent: number | undefined
}

/** What feeds the machine. A machine without any battery of its own is on mains. */
export function powerOf(supplies: readonly Supply[]): Power {
  const own = supplies.filter(({ scope }) => scope !== 'Device')
  const batteries = own.filter(({ type }) => type === 'Battery' || type === 'UPS')
  const plugs = own.filter(({ type }) => type === 'Mains' || type === 'USB' || type === 'Wireless')
  const plugged = plugs.some(({ online }) => online === 1)
  const discharging = batteries.some(({ status }) => status === 'Discharging')
  const onBattery = batteries.length > 0 && !plugged && (discharging || plugs.length > 0)
  const charges = batteries.flatMap(({ percent }) => percent ?? [])
  return {
    source: onBattery ? 'battery' : 'mains',
    ...(charges.length === 0
      ? {}
      : { percent: Math.round(charges.reduce((sum, each) => sum + each) / charges.length) }),
  }
}

/** @param root where the machine's /sys is found: `/`, unless a container has it elsewhere */
export function powerSupplySensor(root: string): Sensor<Power> {
  const folder = join(root, 'sys/class/power_supply')
  return {
    everyMs: second,
    async read(): Promise<Fact<Power>> {
      const names = await readdir(folder).catch(() => undefined)
      if (names === undefined) return unknown('missing')
      return known(powerOf(await Promise.all(names.map(name => readSupply(join(folder, name))))))
    },
  }
}

async function readSupply(folder: string): Promise<Supply> {
  const [type, scope, online, status, percent] = await Promise.all([
    readLine(join(folder, 'type')),
    readLine(join(folder, 'scope')),
    readNumber(join(folder, 'online')),
    readLine(join(folder, 'status')),
    readNumber(join(folder, 'capacity')),
  ])
  return { type, scope, online, status, percent }
}
