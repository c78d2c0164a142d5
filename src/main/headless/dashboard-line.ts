import { fstatSync } from 'node:fs'

export interface DashboardLineInit {
  accessUrl: string
  /** Where the line is written. */
  output: NodeJS.WritableStream & { fd?: number }
  env: NodeJS.ProcessEnv
}

/** The line that tells the owner where the dashboard is: with the token, but where others of the machine may read it later. */
export function dashboardLine({ accessUrl, output, env }: DashboardLineInit): string {
  if (!goesToJournal(output, env)) return `Dashboard: ${accessUrl}`
  const { origin } = new URL(accessUrl)
  return `Dashboard: ${origin}/ (\`rma-donor token\` prints the link that lets a browser in)`
}

/** systemd names the device and inode of its journal's end; a program that it started may have been given another output since. */
function goesToJournal({ fd }: { fd?: number }, { JOURNAL_STREAM }: NodeJS.ProcessEnv): boolean {
  if (fd === undefined || JOURNAL_STREAM === undefined) return false
  const { dev, ino } = fstatSync(fd)
  return JOURNAL_STREAM === `${dev}:${ino}`
}
