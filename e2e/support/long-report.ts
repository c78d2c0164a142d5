import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'

/** What a part of the long set found, for docs/reliability.md. */
export interface LongSection {
  title: string
  /** The command that runs this part alone, and the seed or duration it ran with. */
  ranWith: Record<string, string | number>
  /** In the order in which they are shown. */
  figures: Record<string, string | number>
  /** What was left out, or shorter than usual. */
  notes?: readonly string[]
}

/** Hands a section to `npm run test:long`, which writes the report; run otherwise the figures are printed alone. */
export function report(section: LongSection): void {
  const { title, ranWith, figures } = section
  console.log(`${title}: ${JSON.stringify({ ...ranWith, ...figures })}`)
  const folder = env.RMA_LONG_REPORT
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${title.replaceAll(/\W+/g, '-').toLowerCase()}.json`), JSON.stringify(section))
}
