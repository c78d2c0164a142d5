import type { PageName } from '../../shared/pages.ts'

export const linkScheme = 'rma-donor'

/**
 * What a link from outside may ask for: to see the app, at a page if it names one, or that the person is asked whether to
 * join a network. It never changes anything.
 */
export interface DeepLink {
  page: PageName | undefined
  /** Not checked. */
  invite?: string
}

const maxLength = 2_048

const pages: ReadonlyMap<string, PageName> = new Map([
  ['status', 'status'],
  ['topology', 'topology'],
  ['logs', 'logs'],
])

/** Reads `rma-donor://open/<page>` and `rma-donor://join/<invite>`; anything else that arrives under the scheme shows the dashboard. */
export function parseDeepLink(text: string): DeepLink | undefined {
  if (text.length > maxLength || !text.startsWith(`${linkScheme}:`)) return undefined
  const invite = /^rma-donor:\/\/join\/(rma1[A-Za-z0-9_-]+)\/?$/.exec(text)?.[1]
  if (invite !== undefined) return { page: 'status', invite }
  const name = /^rma-donor:\/\/open\/([a-z]{1,16})\/?$/.exec(text)?.[1]
  return { page: pages.get(name ?? '') ?? 'status' }
}

/** The link among the arguments a program was started with, as Windows and Linux pass it. */
export function deepLinkIn(argv: readonly string[]): DeepLink | undefined {
  for (const argument of argv) {
    const link = parseDeepLink(argument)
    if (link !== undefined) return link
  }
  return undefined
}
