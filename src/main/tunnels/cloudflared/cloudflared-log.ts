import { z } from 'zod'
import { safeParse } from '../../../shared/safe-parse.ts'

/** What a line of cloudflared's log tells. Its JSON form and its text form hold the same messages. */
export type CloudflaredNews =
  /** Where the tunnel leads from; printed before it works. */
  | { kind: 'place'; url: string }
  | { kind: 'metrics'; port: number }
  /** The account or the network is asked for too many tunnels. */
  | { kind: 'rate-limited' }
  | { kind: 'trouble'; message: string }

const entrySchema = z.object({ level: z.string().optional(), message: z.string(), error: z.string().optional() })
const configSchema = z.object({ ingress: z.array(z.object({ hostname: z.string().optional() })).max(256) })

const quickUrl = /https:\/\/(?!api\.)[a-z0-9-]+\.trycloudflare\.com(?![\w.-])/
const metricsPort = /Starting metrics server on 127\.0\.0\.1:(\d{1,5})\/metrics/
const newConfiguration = /Updated to new configuration config=(".*"|\{.*\})/
const hostName = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/
const longestMessage = 300

/** Undefined where a line tells nothing of use. Takes whatever the program prints. */
export function readCloudflaredLine(line: string): CloudflaredNews | undefined {
  const { level, text } = entryOf(line)
  if (/error code: 1015|429 Too Many Requests/.test(text)) return { kind: 'rate-limited' }
  const url = level === 'error' ? undefined : quickUrl.exec(text)?.[0]
  if (url !== undefined) return { kind: 'place', url }
  const port = Number(metricsPort.exec(text)?.[1] ?? 0)
  if (port > 0 && port <= 65_535) return { kind: 'metrics', port }
  const host = configuredHost(newConfiguration.exec(text)?.[1])
  if (host !== undefined) return { kind: 'place', url: `https://${host}` }
  if (level === 'error' || level === 'fatal') return { kind: 'trouble', message: text.slice(0, longestMessage) }
  return undefined
}

function entryOf(line: string): { level: string | undefined; text: string } {
  const json = parseJson(line)
  const entry = safeParse(entrySchema, json)
  if (entry.success) {
    const { level, message, error } = entry.data
    const config = safeParse(z.object({ config: z.string() }), json)
    const details = [error, config.success ? `config=${config.data.config}` : undefined].filter(
      each => each !== undefined,
    )
    return { level, text: [message, ...details].join(' ') }
  }
  const mark = /\b(ERR|FTL)\b/.exec(line)?.[1]
  return { level: mark === 'ERR' ? 'error' : mark === 'FTL' ? 'fatal' : undefined, text: line }
}

/** The configuration is JSON, quoted once more in the text form. */
function configuredHost(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const value = parseJson(text)
  const config = safeParse(configSchema, typeof value === 'string' ? parseJson(value) : value)
  return config.data?.ingress.flatMap(({ hostname }) => hostname ?? []).find(name => hostName.test(name))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
