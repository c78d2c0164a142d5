import type { Benchmark } from './benchmark.ts'
import { churn } from './churn.ts'
import { discovery } from './discovery.ts'
import { edge } from './edge.ts'
import { idle } from './idle.ts'
import { llm } from './llm.ts'
import { load } from './load.ts'
import { ocr } from './ocr.ts'
import { routing } from './routing.ts'
import { scale } from './scale.ts'
import { start } from './start.ts'
import { topology } from './topology.ts'
import { traffic } from './traffic.ts'

/** Every benchmark there is; a new one is one more entry here. */
export const benchmarks: readonly Benchmark[] = [
  churn,
  discovery,
  edge,
  idle,
  llm,
  load,
  ocr,
  routing,
  scale,
  start,
  topology,
  traffic,
]
