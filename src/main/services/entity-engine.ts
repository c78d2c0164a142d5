import { serveEngine } from './serve-engine.ts'

// The word lists are loaded after the memory watch runs.
serveEngine(import.meta.url, async () => {
  const { createEntityEngine } = await import('./entities/entity-recogniser.ts')
  return await createEntityEngine()
})
