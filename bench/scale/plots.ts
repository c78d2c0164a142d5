import { mkdir, writeFile } from 'node:fs/promises'
import { type LinePlot, linePlot } from './line-plot.ts'
import type { Figures } from './scenario.ts'

const folder = new URL('../../docs/plots/', import.meta.url)
/** On a logarithmic axis there is no zero. */
const least = 0.1

/** Draws how the figures of networks grow with the number of workers, into docs/plots. */
export async function drawPlots(bySize: readonly (readonly [workers: number, figures: Figures])[]): Promise<void> {
  const line = (name: string, figure: string) => ({
    name,
    points: bySize.map(([workers, figures]) => [workers, Math.max(least, figures[figure] ?? least)] as const),
  })
  const drawings: Record<string, LinePlot> = {
    'scale-lookups': {
      title: 'Finding 50 workers',
      xTitle: 'workers',
      yTitle: 'milliseconds, messages sent',
      series: [
        line('cold, ms', 'findCold.ms.p50'),
        line('warm, ms', 'findWarm.ms.p50'),
        line('messages', 'findCold.questions.mean'),
      ],
    },
    'scale-connections': {
      title: 'Connections of a node',
      xTitle: 'workers',
      yTitle: 'connections',
      series: [
        line('coordinator', 'connections.coordinator.mean'),
        line('reachable donor', 'connections.server.mean'),
        line('other donor', 'connections.client.mean'),
      ],
    },
    'scale-traffic': {
      title: 'What the directory costs',
      xTitle: 'workers',
      yTitle: 'bytes a second received, on average',
      series: [line('busiest registrar', 'server.bytesIn.max'), line('other donor', 'client.bytesIn')],
    },
  }
  await mkdir(folder, { recursive: true })
  for (const [name, plot] of Object.entries(drawings)) await writeFile(new URL(`${name}.svg`, folder), linePlot(plot))
}
