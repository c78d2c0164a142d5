import { expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { MiB } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { loadConfig } from '../config/node-config.ts'
import { SettingsStore } from '../config/settings-store.ts'
import { Lifecycle } from '../lifecycle.ts'
import { createLog, LogBuffer } from '../log.ts'
import { DataMeter } from '../resources/data-meter.ts'
import { DataMeterFile } from '../resources/data-meter-file.ts'
import { HardwareProbe } from '../resources/hardware.ts'
import { ServiceHost } from '../services/service-host.ts'
import { composeGovernor } from './governor.ts'

/** One run of what keeps a machine its owner's, in a data folder. */
async function startRun(dataFolder: string) {
  const clock = new TurnedClock()
  const log = createLog({ level: 'error', buffer: new LogBuffer() })
  const lifecycle = new Lifecycle()
  const settings = new SettingsStore({ clock, log }, { dataFolder })
  await settings.load()
  const launch = () => {
    throw new Error('expected nothing to run')
  }
  const { hardware } = new HardwareProbe({ clock, log }, { workerType: 'headless' })
  const services = new ServiceHost(
    { launch, clock, log },
    { machine: hardware.get().capabilities, services: {}, definitions: [] },
  )
  const config = await loadConfig({ env: {}, flags: { dataFolder, systemRoot: dataFolder } })
  const meter = new DataMeter({ clock })
  lifecycle.add('data meter', new DataMeterFile({ meter, clock, log }, { dataFolder }))
  const owner = composeGovernor(
    { settings, services, hardware, meter, clock, lifecycle, log },
    { config, workerType: 'headless' },
  )
  await lifecycle.start()
  onTestFinished(() => lifecycle.stop())
  return { owner, meter, settings, stop: () => lifecycle.stop() }
}

it('what a node has relayed counts towards its monthly limit after a restart too', async () => {
  const folder = await temporaryFolder()
  onTestFinished(folder.remove)
  const first = await startRun(folder.path)
  await first.settings.change(settings => ({
    ...settings,
    donating: true,
    limits: { ...settings.limits, network: { ...settings.limits.network, mibPerMonth: 4 } },
  }))
  expect(first.owner.governor.allowance.get().reason.kind).not.toBe('data-used')
  first.owner.bookRelayed(5 * MiB)
  await first.stop()
  const { owner, meter } = await startRun(folder.path)
  expect(meter.monthBytes).toBe(5 * MiB)
  expect(owner.governor.allowance.get().reason.kind).toBe('data-used')
})
