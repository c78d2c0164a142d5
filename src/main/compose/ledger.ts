import { join } from 'node:path'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { RmaError } from '../../shared/errors.ts'
import type {
  Contribution,
  DailyTotal,
  DaySpan,
  ExportFormat,
  ExportPiece,
  HourlyTotal,
  HourSpan,
} from '../../shared/schema/contribution.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import type { Clock } from '../clock.ts'
import { addressGroup } from '../dht/address-group.ts'
import { calendarDay } from '../ledger/calendar-day.ts'
import { contributionOf } from '../ledger/contribution.ts'
import { exportJobs } from '../ledger/export-jobs.ts'
import type { JobLog } from '../ledger/job-log.ts'
import { Ledger, ledgerThreadUrl } from '../ledger/ledger.ts'
import { ReceiptDesk } from '../ledger/receipt-desk.ts'
import { ReceiptSender } from '../ledger/receipt-sender.ts'
import type { Lifecycle, Startable } from '../lifecycle.ts'
import type { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { PeerHttp } from '../paths/peer-http.ts'
import type { DataMeter } from '../resources/data-meter.ts'
import { startOfMonth } from '../resources/policy/month.ts'

/** Jobs of earlier runs that the pages show. */
const rememberedJobs = 200

export interface LedgerParts {
  jobs: JobLog
  meter: DataMeter
  settings: LiveValue<Settings>
  peerHttp: Pick<PeerHttp, 'request'>
  privateKey: Ed25519PrivateKey
  clock: Clock
  lifecycle: Lifecycle
  log: Logger
}

export interface ComposeLedgerInit {
  dataFolder: string
  /** `import.meta.url` of the program's main module. */
  bundleUrl: string
  selfId: PeerIdText
  network: { id: string; open: boolean }
  ownAddresses: () => Multiaddr[]
  addressesOf: (peer: PeerIdText) => Multiaddr[]
}

/** Makes the ledger, fills it with the jobs that end, and exchanges receipts. */
export function composeLedger(parts: LedgerParts, init: ComposeLedgerInit) {
  const { jobs, meter, settings, peerHttp, privateKey, clock, lifecycle, log } = parts
  const { selfId, network } = init
  const contribution = () => settings.get().contribution
  const ledger = lifecycle.add(
    'ledger',
    new Ledger(
      { clock, log },
      {
        path: join(init.dataFolder, 'ledger.db'),
        thread: ledgerThreadUrl(init.bundleUrl),
        keepDays: () => contribution().keepDays,
      },
    ),
  )
  const receiptLog = log.child({ component: 'receipts' })
  const sender = new ReceiptSender({ peerHttp, privateKey, clock, log: receiptLog }, { selfId, networkId: network.id })
  jobs.onFinished(job => {
    // The ledger itself says when it cannot be written; a node that stops has nobody left to tell.
    ledger.record(job).catch(error => receiptLog.debug({ err: error }, 'a job was not written'))
    void sender.acknowledge(job)
  })
  lifecycle.add('what earlier runs did', earlierRuns({ ledger, jobs, meter, clock, log }))
  return {
    ledger: ledger.snapshot,
    receipts: new ReceiptDesk(
      { ledger, jobs, clock },
      {
        selfId,
        networkId: network.id,
        circumstances: requester => ({
          openNetwork: network.open,
          requesterGroups: init.addressesOf(requester).map(addressGroup),
          ownGroups: init.ownAddresses().map(addressGroup),
        }),
      },
    ),
    async contribution(span: DaySpan): Promise<Contribution> {
      return contributionOf(await ledger.days(span), contribution())
    },
    hours: (span: HourSpan): Promise<HourlyTotal[]> => ledger.hours(span),
    exportJobs: (format: ExportFormat, signal?: AbortSignal): AsyncGenerator<ExportPiece, void, void> =>
      exportJobs(ledger, format, signal),
    async importJobs(path: string): Promise<number> {
      try {
        return await ledger.importFrom(path)
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new RmaError('BAD_INPUT', `expected the ledger of a node at ${path}: ${reason}`, {}, { cause })
      }
    },
  }
}

/** Tells the pages and the monthly count what is in the ledger, once it is open. Nothing waits for that. */
function earlierRuns({
  ledger,
  jobs,
  meter,
  clock,
  log,
}: {
  ledger: Ledger
  jobs: JobLog
  meter: DataMeter
  clock: Clock
  log: Logger
}): Startable {
  return {
    start() {
      const now = clock.now()
      const month = { from: calendarDay(startOfMonth(now)), to: calendarDay(now) }
      const before = meter.reading
      Promise.all([ledger.newestJobs(rememberedJobs), ledger.days(month)]).then(
        ([newest, days]) => {
          jobs.remember(newest)
          meter.catchUp({ month: before.month, bytes: servedBytes(days) }, before.bytes)
        },
        error => log.warn({ err: error }, 'what earlier runs did is not known'),
      )
    },
    stop() {
      // It ends by itself.
    },
  }
}

/** What came in and went out for others. */
function servedBytes(days: readonly DailyTotal[]): number {
  return days
    .filter(({ role }) => role === 'served')
    .reduce((sum, { bytesIn, bytesOut }) => sum + bytesIn + bytesOut, 0)
}
