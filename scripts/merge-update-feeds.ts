import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'

// node scripts/merge-update-feeds.ts FEED FEED… : prints one feed for updates with the files of all.

const feedSchema = z.looseObject({
  version: z.string(),
  files: z.array(z.looseObject({ url: z.string(), sha512: z.string() })).min(1),
})

/**
 * One feed of several that electron-builder has written on different machines. On Windows it gives those of all
 * architectures the same name, and programs of each look for theirs among the files of the one they find. Programs too old
 * for that take what the first names alone.
 */
export function mergeFeeds(texts: readonly string[]): string {
  const feeds = texts.map(text => feedSchema.parse(parse(text)))
  const [first] = feeds
  if (first === undefined) throw new Error('expected the paths of feeds, got none')
  const other = feeds.find(({ version }) => version !== first.version)
  if (other !== undefined) throw new Error(`expected feeds of one version, got ${first.version} and ${other.version}`)
  const files = new Map(feeds.flatMap(feed => feed.files.map(file => [file.url, file] as const)))
  return stringify({ ...first, files: [...files.values()] }, { lineWidth: 0 })
}

if (process.argv[1] === import.meta.filename)
  process.stdout.write(mergeFeeds(process.argv.slice(2).map(path => readFileSync(resolve(path), 'utf8'))))
