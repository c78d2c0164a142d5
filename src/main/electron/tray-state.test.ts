import { expect, it } from 'vitest'
import type { ServiceStatus } from '../../shared/schema/service.ts'
import type { Activity } from '../../shared/schema/status.ts'
import { sampleService as ocr, sampleStatus } from '../../shared/testing/samples.ts'
import { type NodeState, statusSentence, type TrayKind, trayKind } from './tray-state.ts'

function running(activity: Activity, services: ServiceStatus[] = [ocr]) {
  return {
    kind: 'running',
    now: 0,
    status: { ...sampleStatus, activity, donating: true, services },
    knownPeers: 0,
    update: { kind: 'current' },
    safeMode: false,
  } satisfies NodeState
}

it.each<[TrayKind, string, NodeState]>([
  ['connecting', 'the node is being made', { kind: 'starting' }],
  ['connecting', 'the node starts', running({ kind: 'starting' })],
  ['connecting', 'nobody else is there', running({ kind: 'alone' })],
  ['error', 'the node could not start', { kind: 'failed' }],
  ['waiting', 'the app is about to end', { kind: 'quitting', jobs: 1 }],
  ['paused', 'donating is off', running({ kind: 'off' })],
  ['paused', 'the last requests are finished', running({ kind: 'stopping', jobs: 2 })],
  ['donating', 'it waits for requests', running({ kind: 'ready' })],
  ['donating', 'requests run', running({ kind: 'working', jobs: 1 })],
  ['waiting', 'no service is switched on', running({ kind: 'no-service' }, [])],
])('shows %s when %s', (kind, _when, state) => {
  expect(trayKind(state)).toBe(kind)
})

it('shows an error only when an engine that is wanted has failed and nothing else runs', () => {
  const failed: ServiceStatus = { ...ocr, unavailable: { kind: 'engine-failed', message: 'no model' } }
  expect(trayKind(running({ kind: 'no-service' }, [failed]))).toBe('error')
  expect(trayKind(running({ kind: 'no-service' }, [{ ...failed, enabled: false }]))).toBe('waiting')
  expect(trayKind(running({ kind: 'ready' }, [ocr, { ...failed, type: 'ner-extraction' }]))).toBe('donating')
})

it('says on which day it goes on, unless that is soon', () => {
  const now = new Date(2026, 11, 4, 18, 0).getTime()
  const waits = (until: Date) =>
    statusSentence({
      ...running({ kind: 'waiting', reason: { kind: 'schedule', opensAt: +until }, until: +until, jobs: 0 }),
      now,
    })
  expect(waits(new Date(2026, 11, 4, 22, 0))).toBe('Waiting: outside the hours you set, until 22:00')
  expect(waits(new Date(2026, 11, 7, 22, 0))).toBe('Waiting: outside the hours you set, until Mon 22:00')
  expect(waits(new Date(2027, 0, 1, 0, 0))).toBe('Waiting: outside the hours you set, until 1 Jan, 00:00')
})

it('has a sentence for each state, which does not change by itself', () => {
  expect(statusSentence({ kind: 'starting' })).toBe('Starting…')
  expect(statusSentence({ kind: 'failed' })).toBe('The node could not start')
  expect(statusSentence(running({ kind: 'ready' }))).toBe('Ready: no requests yet')
  expect(statusSentence(running({ kind: 'alone', nextTryAt: 1_700_000_000_000 }))).toBe('No network: 0 peers')
})
