import { HandHeart, LoaderCircle } from 'lucide-react'
import { useCallback, useState } from 'react'
import { Card } from '../../components/card.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { Failure } from '../../components/failure.tsx'
import { Page } from '../../components/page.tsx'
import { Segments } from '../../components/segments.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import type { NodeClient } from '../../connection/node-client.ts'
import { useLastEnd } from '../../store/use-last-end.ts'
import { strings } from '../../strings/index.ts'
import { Calendar } from './calendar.tsx'
import { DayBars } from './day-bars.tsx'
import { barsOf, type SpanId, servicesOf, spanOf, spans } from './days.ts'
import { ExportCard } from './export-card.tsx'
import { LedgerNotice } from './ledger-notice.tsx'
import { Totals } from './totals.tsx'

const words = strings.contribution
const choices = () =>
  [
    { id: 'week', label: words.span.week },
    { id: 'month', label: words.span.month },
    { id: 'year', label: words.span.year },
  ] as const satisfies readonly { id: SpanId; label: string }[]

/** What this computer has given, by day and service. */
export default function ContributionPage() {
  const [span, setSpan] = useState<SpanId>('month')
  const ended = useLastEnd()
  const ask = useCallback((client: NodeClient) => client.ledger.contribution(spanOf(new Date(), spans[span])), [span])
  const { value, error } = useAnswer(ask, ended)
  const today = new Date()
  const bars = barsOf(value?.days ?? [], today, spans[span])
  const services = servicesOf(value?.days ?? [])
  return (
    <Page
      title={strings.page.contribution}
      tools={<Segments label={words.span.label} options={choices()} value={span} onChange={setSpan} />}
    >
      <Failure what={words.failed} error={error} />
      <LedgerNotice />
      {value !== undefined && <Totals contribution={value} />}
      <Card title={words.byDay}>
        {value === undefined ? (
          error === undefined && <EmptyState icon={LoaderCircle} title={strings.app.loadingPage} />
        ) : value.served.jobs === 0 ? (
          <EmptyState icon={HandHeart} title={words.empty} hint={words.emptyHint} />
        ) : span === 'year' ? (
          <Calendar bars={bars} />
        ) : (
          <DayBars bars={bars} services={services} />
        )}
      </Card>
      <ExportCard />
    </Page>
  )
}
