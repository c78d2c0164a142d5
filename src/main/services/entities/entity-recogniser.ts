import { z } from 'zod'
import type { EngineInput } from '../engine-protocol.ts'
import { type Engine, RefusedDocument } from '../serve-engine.ts'
import { findEntities } from './find-entities.ts'
import { loadLexicon } from './lexicon.ts'
import { NameFinder } from './name-finder.ts'

/** Entities handed over at once: few enough that checking them never holds up the node. */
const partLength = 1_000

/** Loads the word lists, from installed files alone. */
export async function createEntityEngine(): Promise<Engine> {
  const names = new NameFinder(await loadLexicon())
  return {
    async run(input, emit) {
      const startedAt = performance.now()
      const entities = findEntities(textOf(input), (text, taken) => names.find(text, taken))
      for (let at = 0; at < entities.length; at += partLength) emit({ entities: entities.slice(at, at + partLength) })
      return { milliseconds: performance.now() - startedAt }
    },
  }
}

const documentSchema = z.object({ text: z.string() })

function textOf({ contentType, bytes }: EngineInput): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return contentType === 'application/json' ? documentSchema.parse(JSON.parse(text)).text : text
  } catch (cause) {
    const expected = contentType === 'application/json' ? 'JSON of the form {"text": "…"}' : 'text in UTF-8'
    throw new RefusedDocument('BAD_INPUT', `expected ${expected}`, {
      cause: cause instanceof Error ? cause.name : typeof cause,
    })
  }
}
