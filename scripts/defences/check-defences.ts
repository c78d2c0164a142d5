import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Defence } from './defences.ts'

/** What keeps a row from being tried; undefined where it can be. */
export function problemOf({ file, replace, with: other, test }: Defence, root: string): string | undefined {
  if (!existsSync(join(root, file))) return `${file} is not there`
  if (!existsSync(join(root, test))) return `${test} is not there`
  const times = readFileSync(join(root, file), 'utf8').split(replace).length - 1
  if (times !== 1) return `${file} has ${times} times what is to be replaced: ${JSON.stringify(replace)}`
  return replace === other ? `${file}: nothing is replaced` : undefined
}

/** The source with the defence switched off. */
export function switchedOff({ replace, with: other }: Pick<Defence, 'replace' | 'with'>, source: string): string {
  // A function, as the text may hold `$&` and the like.
  return source.replace(replace, () => other)
}

/** Quotation marks are typed one way in code and another in prose. */
export function plain(text: string): string {
  return text.replaceAll('’', "'")
}

/** The first cells of the tables in docs/security.md: the attacks it lists. */
export function threatsIn(page: string): string[] {
  return page
    .split('\n')
    .filter(line => line.startsWith('| ') && line.split('|').length === 5 && !/^\| (-+|attack) /.test(line))
    .map(line => (line.split('|')[1] ?? '').trim())
}
