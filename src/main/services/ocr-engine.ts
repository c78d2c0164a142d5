import { serveEngine } from './serve-engine.ts'

// The recogniser and the decoders are loaded after the memory watch runs.
serveEngine(import.meta.url, async () => {
  const { createOcrEngine } = await import('./ocr-recogniser.ts')
  return await createOcrEngine()
})
