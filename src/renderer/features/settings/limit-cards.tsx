import { defaultLimits } from '../../../shared/schema/limits.ts'
import { Card } from '../../components/card.tsx'
import { strings } from '../../strings/index.ts'
import { ListField, NumberField, OptionalPart, SwitchField } from './fields.tsx'
import { CpuWhileInUse, GpuWhileInUse, ThreadsUsed } from './limit-fields.tsx'

/** The same in every language. */
const programNames = 'obs\nzoom.exe'

/** What others' work does while the owner, or their programs, use the machine. */
export function InUseCard() {
  const words = strings.settings.inUse
  return (
    <Card title={words.title}>
      <NumberField path="limits.whileInUse.idleMinutes" label={words.idle} hint={words.idleHint} unit={words.minutes} />
      <CpuWhileInUse />
      <GpuWhileInUse />
      <NumberField
        path="limits.otherPrograms.inUse"
        label={words.othersInUse}
        hint={words.othersInUseHint}
        unit="%"
        factor={100}
        none={words.anyShare}
      />
      <NumberField
        path="limits.otherPrograms.idle"
        label={words.othersIdle}
        unit="%"
        factor={100}
        none={words.anyShare}
      />
      <NumberField
        path="limits.otherPrograms.graceSeconds"
        label={words.grace}
        hint={words.graceHint}
        unit={words.seconds}
      />
      <ListField
        path="limits.programs"
        label={words.programs}
        hint={words.programsHint}
        expected={words.programsExpected}
        placeholder={programNames}
      />
    </Card>
  )
}

/** How much of the machine others' work may take. */
export function ShareCard() {
  const words = strings.settings.share
  return (
    <Card title={words.title}>
      <ThreadsUsed />
      <NumberField
        path="limits.jobs"
        label={words.jobs}
        hint={words.jobsHint}
        unit={words.jobsUnit}
        none={words.asThreads}
      />
      <NumberField path="limits.memory.inUse" label={words.memoryInUse} unit="%" factor={100} />
      <NumberField path="limits.memory.idle" label={words.memoryIdle} hint={words.memoryHint} unit="%" factor={100} />
      <NumberField path="limits.vramKeptFreeMiB" label={words.vram} hint={words.vramHint} unit="MiB" />
    </Card>
  )
}

/** What spares the battery and keeps the machine cool. */
export function PowerCard() {
  const words = strings.settings.power
  return (
    <Card title={words.title}>
      <SwitchField path="limits.battery.pauseOnBattery" label={words.onBattery} hint={words.onBatteryHint} />
      <NumberField
        path="limits.battery.belowPercent"
        label={words.below}
        hint={words.belowHint}
        unit="%"
        none={words.never}
      />
      <PauseWhenHot part="cpu" label={words.cpuHot} hint={words.hotHint} />
      <PauseWhenHot part="gpu" label={words.gpuHot} />
    </Card>
  )
}

function PauseWhenHot({ part, label, hint }: { part: 'cpu' | 'gpu'; label: string; hint?: string }) {
  const words = strings.settings.power
  return (
    <OptionalPart
      path={`limits.temperature.${part}`}
      label={label}
      {...(hint === undefined ? {} : { hint })}
      initial={defaultLimits.temperature[part] ?? {}}
      expected={words.hotExpected}
    >
      <NumberField path={`limits.temperature.${part}.pauseAt`} label={words.pauseAt} unit="°C" />
      <NumberField path={`limits.temperature.${part}.resumeBelow`} label={words.resumeBelow} unit="°C" />
    </OptionalPart>
  )
}

/** What the connection bears. */
export function ConnectionCard() {
  const words = strings.settings.connection
  return (
    <Card title={words.title}>
      <SwitchField path="limits.network.pauseWhenMetered" label={words.metered} hint={words.meteredHint} />
      <NumberField
        path="limits.network.downKibPerSecond"
        label={words.down}
        hint={words.downHint}
        unit="KiB/s"
        none={words.unlimited}
      />
      <NumberField
        path="limits.network.upKibPerSecond"
        label={words.up}
        hint={words.upHint}
        unit="KiB/s"
        none={words.unlimited}
      />
      <NumberField
        path="limits.network.mibPerMonth"
        label={words.month}
        hint={words.monthHint}
        unit="MiB"
        none={words.unlimited}
      />
    </Card>
  )
}
