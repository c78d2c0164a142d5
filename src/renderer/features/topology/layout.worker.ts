import type { LayoutPositions, LayoutRequest } from './layout-messages.ts'
import { LayoutSimulation } from './layout-simulation.ts'

/** Pause between steps, so that a new graph is heard of and the core is not taken for drawing a picture. */
const stepPauseMs = 12

const simulation = new LayoutSimulation()
let timer: ReturnType<typeof setTimeout> | undefined

self.addEventListener('message', (event: MessageEvent<LayoutRequest>) => {
  clearTimeout(timer)
  simulation.load(event.data)
  step()
})

function step(): void {
  const settled = simulation.step()
  const answer: LayoutPositions = { version: simulation.version, positions: simulation.positions() }
  self.postMessage(answer, { transfer: [answer.positions.buffer] })
  timer = settled ? undefined : setTimeout(step, stepPauseMs)
}
