import { serveEngine } from '../serve-engine.ts'

/** An engine for tests that never gets to work. */
serveEngine(import.meta.url, () => Promise.reject(new Error('the model is missing')))
