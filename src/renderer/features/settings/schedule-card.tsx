import { scheduleSpanSchema } from '../../../shared/schema/limits.ts'
import { type Cell, openHours, painted, planOf, spansOf, type WeekPlan } from '../../../shared/week-plan.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { strings } from '../../strings/index.ts'
import { useNow } from '../../use-now.ts'
import { OptionalPart, TextField } from './fields.tsx'
import { issueSentence } from './issue-sentence.ts'
import styles from './schedule-card.module.css'
import { useSetting } from './settings-context.tsx'
import { WeekGrid } from './week-grid.tsx'

const closed: WeekPlan = planOf({ spans: [] })
const nights: WeekPlan = planOf({
  spans: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '22:00', to: '07:00' }],
})
const weekend: WeekPlan = painted(nights, { day: 5, hour: 0 }, { day: 6, hour: 23 }, true)
const outsideOffice: WeekPlan = painted(
  painted(closed, { day: 0, hour: 0 }, { day: 6, hour: 23 }, true),
  { day: 0, hour: 8 },
  { day: 4, hour: 17 },
  false,
)

const timeZones = Intl.supportedValuesOf('timeZone')

/** When in the week others' work may run. */
export function ScheduleCard() {
  const spans = useSetting('limits.schedule.spans')
  const timeZone = useSetting('limits.schedule.timeZone')
  const words = strings.settings.week
  const read = scheduleSpanSchema.array().safeParse(spans.value)
  const plan = read.success ? planOf({ spans: read.data }) : closed
  const now = useNow(spans.value !== undefined)
  const set = (next: WeekPlan) => spans.change(spansOf(next))
  return (
    <Card title={words.title}>
      <OptionalPart
        path="limits.schedule"
        label={words.only}
        hint={words.onlyHint}
        initial={{ spans: spansOf(nights) }}
      >
        <div className={styles.presets}>
          <span>{words.hours({ hours: openHours(plan) })}</span>
          <Button onPress={() => set(nights)}>{words.nights}</Button>
          <Button onPress={() => set(weekend)}>{words.nightsAndWeekends}</Button>
          <Button onPress={() => set(outsideOffice)}>{words.outsideOffice}</Button>
          <Button kind="quiet" onPress={() => set(closed)}>
            {words.clear}
          </Button>
        </div>
        <WeekGrid plan={plan} onChange={set} now={cellAt(now, timeZone.value)} />
        {spans.issue !== undefined && (
          <p className={styles.error} role="alert">
            {issueSentence(spans.issue)}
          </p>
        )}
        <TextField
          path="limits.schedule.timeZone"
          label={words.timeZone}
          hint={words.timeZoneHint}
          expected={words.timeZoneExpected}
          placeholder={Intl.DateTimeFormat().resolvedOptions().timeZone}
          suggestions={timeZones}
        />
      </OptionalPart>
    </Card>
  )
}

const dayOrder = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** The hour on the wall of a zone; undefined where there is no such zone. */
function cellAt(now: number, timeZone: unknown): Cell | undefined {
  try {
    const parts = new Intl.DateTimeFormat('en-GB', {
      weekday: 'short',
      hour: '2-digit',
      hourCycle: 'h23',
      ...(typeof timeZone === 'string' ? { timeZone } : {}),
    }).formatToParts(now)
    const part = (type: string) => parts.find(each => each.type === type)?.value ?? ''
    return { day: dayOrder.indexOf(part('weekday')), hour: Number(part('hour')) }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
