import { arch, release } from 'node:os'
import { activitySentence } from '../../shared/activity-sentence.ts'
import type { Diagnosis } from '../../shared/schema/diagnosis.ts'
import type { LogEntry } from '../../shared/schema/log.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import type { Status } from '../../shared/schema/status.ts'
import { english } from '../../shared/strings/english.ts'
import type { Milliseconds } from '../../shared/units.ts'
import { type RedactInit, redact, redactValue } from './redact.ts'

export interface DiagnosticsFacts {
  now: Milliseconds
  status: Status
  settings: Settings
  diagnosis: Diagnosis
  /** The newest log entries, oldest first. */
  entries: readonly LogEntry[]
}

/**
 * What somebody who helps has to know, as text to be sent to them: versions, the machine, what the node does and why, the
 * settings that matter, findings and the log. It holds no secrets, documents or names of files that were sent.
 */
export function formatDiagnostics(facts: DiagnosticsFacts, hidden: RedactInit): string {
  const { now, status, settings, diagnosis, entries } = facts
  const { self, capabilities } = status
  const { node, electron, chrome } = process.versions
  const activity = activitySentence(
    { activity: status.activity, served: status.counters.served },
    english.activity,
    now,
  )
  const sections = {
    'RMA Donor': [
      `${self.version}, ${self.workerType}, made ${new Date(now).toISOString()}`,
      `Node ${node}${electron === undefined ? '' : `, Electron ${electron}, Chromium ${chrome}`}`,
      `${process.platform} ${release()} ${arch()}, ${status.cpuModel}`,
      json(capabilities),
    ],
    Status: [
      activity,
      `started ${new Date(self.startedAt).toISOString()}, peer ${self.peerId}, network ${self.network.name} (${self.network.id})`,
      json({ counters: status.counters, routing: status.routing, load: status.load, allowance: status.allowance }),
      ...status.services.map(service => json(service)),
    ],
    Settings: [json(shownSettings(settings))],
    Findings: diagnosis.findings.map(finding => json(finding)),
    Log: entries.map(entry => formatEntry(entry, hidden)),
  }
  const text = Object.entries(sections).map(([title, lines]) => `## ${title}\n${lines.join('\n')}\n`)
  return redact(text.join('\n'), hidden)
}

/** Only what is named here is shown: a setting that comes to hold a secret one day stays out by itself. */
function shownSettings({ network, services, ...settings }: Settings) {
  return {
    donating: settings.donating,
    consent: settings.consent,
    finishing: settings.finishing,
    gpuPause: settings.gpuPause,
    override: settings.override,
    limits: settings.limits,
    reading: settings.reading,
    requests: settings.requests,
    network: {
      name: network.name,
      closed: network.caPublicKey !== undefined,
      seeds: network.seeds.length,
      coordinatorUrls: network.coordinatorUrls,
      mdns: network.mdns,
      listen: network.listen,
    },
    services: Object.fromEntries(
      Object.entries(services).map(([type, { enabled, slots, upstream }]) => [
        type,
        { enabled, slots, ...(upstream === undefined ? {} : { upstream: URL.parse(upstream.url)?.host }) },
      ]),
    ),
  }
}

function formatEntry({ time, level, component, message, details }: LogEntry, hidden: RedactInit): string {
  // In JSON a text's own quotes are written in another way, so details are gone through before.
  const rest = Object.keys(details).length === 0 ? '' : ` ${json(redactValue(details, hidden))}`
  return `${new Date(time).toISOString()} ${level.padEnd(5)} ${component} ${message}${rest}`
}

function json(value: unknown): string {
  return JSON.stringify(value)
}
