import { minute } from '../../../shared/units.ts'
import { type Fact, known, unknown } from '../facts.ts'
import type { Sensor } from './sensor.ts'
import { runTool } from './tool.ts'

/** NMMetered of NetworkManager's D-Bus interface: 1 yes, 2 no, 3 guessed yes, 4 guessed no, 0 unknown. */
export function parseMetered(text: string): Fact<boolean> {
  const value = /^u (\d+)\s*$/.exec(text)?.[1]
  if (value === '1' || value === '3') return known(true)
  return value === '2' || value === '4' ? known(false) : unknown('missing')
}

/** Whether data costs money, where NetworkManager knows. */
export function meteredSensor(wanted: () => boolean): Sensor<boolean> {
  const name = 'org.freedesktop.NetworkManager'
  return {
    everyMs: minute,
    wanted,
    async read(signal) {
      const path = '/org/freedesktop/NetworkManager'
      const answer = await runTool('busctl', ['get-property', name, path, name, 'Metered'], signal).catch(
        () => undefined,
      )
      return answer === undefined ? unknown('missing') : parseMetered(answer)
    },
  }
}
