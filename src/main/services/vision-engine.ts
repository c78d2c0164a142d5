import { serveEngine } from './serve-engine.ts'

// The decoders are loaded after the memory watch runs.
serveEngine(import.meta.url, async () => {
  const { createVisionEngine } = await import('./loopback/vision-reader.ts')
  return createVisionEngine()
})
