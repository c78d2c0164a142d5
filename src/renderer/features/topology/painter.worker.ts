import { Painter } from './painter.ts'
import type { PainterMessage } from './painter-messages.ts'

let painter: Painter | undefined

self.addEventListener('message', ({ data }: MessageEvent<PainterMessage>) => {
  if (data.kind === 'start') painter = new Painter(data)
  else painter?.update(data)
})
