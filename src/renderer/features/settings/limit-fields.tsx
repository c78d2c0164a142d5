import { strings } from '../../strings/index.ts'
import { ChoiceField, NumberField } from './fields.tsx'

// Limits that the settings and the first run both ask for. The first run puts its questions in words of its own.

export function CpuWhileInUse({ label = strings.settings.inUse.cpu }: { label?: string }) {
  const words = strings.settings.inUse
  return (
    <ChoiceField
      path="limits.whileInUse.cpu"
      label={label}
      hint={words.cpuHint}
      options={[
        { id: 'run', label: words.run },
        { id: 'slow', label: words.slow },
        { id: 'pause', label: words.pause },
      ]}
    />
  )
}

export function GpuWhileInUse({ label = strings.settings.inUse.gpu }: { label?: string }) {
  const words = strings.settings.inUse
  return (
    <ChoiceField
      path="limits.whileInUse.gpu"
      label={label}
      hint={words.gpuHint}
      options={[
        { id: 'run', label: words.run },
        { id: 'pause', label: words.pause },
      ]}
    />
  )
}

export function ThreadsUsed() {
  const words = strings.settings.share
  return (
    <NumberField
      path="limits.cpuThreads"
      label={words.threads}
      hint={words.threadsHint}
      unit={words.threadsUnit}
      none={words.allThreads}
    />
  )
}
