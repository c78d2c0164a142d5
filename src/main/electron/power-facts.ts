import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { ElectronApi, PowerEvent } from './electron-api.ts'

/** What the desktop knows about power and presence, for the node to decide by. */
export interface PowerFacts {
  onBattery: boolean
  suspended: boolean
  screenLocked: boolean
}

/** The facts after an event. Pure. */
export function afterPowerEvent(facts: PowerFacts, event: PowerEvent): PowerFacts {
  switch (event) {
    case 'suspend':
      return { ...facts, suspended: true }
    case 'resume':
      return { ...facts, suspended: false }
    case 'on-battery':
      return { ...facts, onBattery: true }
    case 'on-ac':
      return { ...facts, onBattery: false }
    case 'lock-screen':
      return { ...facts, screenLocked: true }
    case 'unlock-screen':
      return { ...facts, screenLocked: false }
  }
}

const events = ['suspend', 'resume', 'on-ac', 'on-battery', 'lock-screen', 'unlock-screen'] as const

/** Turns the system's power events into facts. */
export class PowerWatch {
  readonly facts = new LiveValue<PowerFacts>({ onBattery: false, suspended: false, screenLocked: false })
  readonly #monitor: ElectronApi['powerMonitor']
  readonly #log: Logger
  readonly #listeners = new Map<PowerEvent, () => void>()

  constructor({ powerMonitor, log }: { powerMonitor: ElectronApi['powerMonitor']; log: Logger }) {
    this.#monitor = powerMonitor
    this.#log = log
  }

  start(): void {
    this.facts.update(facts => ({ ...facts, onBattery: this.#monitor.isOnBatteryPower() }))
    for (const event of events) {
      const listener = () => {
        this.facts.update(facts => afterPowerEvent(facts, event))
        this.#log.info({ event }, 'the power state changed')
      }
      this.#listeners.set(event, listener)
      this.#monitor.on(event, listener)
    }
  }

  stop(): void {
    for (const [event, listener] of this.#listeners) this.#monitor.off(event, listener)
    this.#listeners.clear()
  }
}
