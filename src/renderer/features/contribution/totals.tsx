import { answeredOf } from '../../../shared/answered.ts'
import type { Contribution } from '../../../shared/schema/contribution.ts'
import { formatBytes, formatCount, formatDuration, formatEnergy, formatMoney } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import counters from '../status/counters.module.css'

const words = strings.contribution.totals

/** What was given within the days shown. */
export function Totals({ contribution: { served, energy } }: { contribution: Contribution }) {
  const computedMs = served.cpuMs + served.gpuMs
  const shown: { title: string; value: string; hint: string }[] = [
    { title: words.jobs, value: formatCount(answeredOf(served)), hint: words.jobsHint({ count: served.failed }) },
    { title: words.verified, value: formatCount(served.verified), hint: words.verifiedHint },
    {
      title: words.time,
      value: computedMs === 0 ? strings.unit.min({ amount: formatCount(0) }) : formatDuration(computedMs),
      hint: words.timeHint,
    },
    { title: words.energy, value: formatEnergy(energy.wattHours), hint: words.energyHint },
  ]
  return (
    <section aria-label={words.title}>
      <dl className={counters.counters}>
        {shown.map(({ title, value, hint }) => (
          <div key={title} title={hint}>
            <dt>{title}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className={counters.note}>
        {words.data({ received: formatBytes(served.bytesIn), sent: formatBytes(served.bytesOut) })}
        {energy.cost !== undefined &&
          ` · ${words.cost({ amount: formatMoney(energy.cost.amount, energy.cost.currency) })}`}
      </p>
    </section>
  )
}
