import { styleText } from 'node:util'
import type { DestinationStream } from 'pino'

const levels: Record<number, { name: string; colour: 'gray' | 'green' | 'yellow' | 'red' }> = {
  20: { name: 'debug', colour: 'gray' },
  30: { name: 'info', colour: 'green' },
  40: { name: 'warn', colour: 'yellow' },
  50: { name: 'error', colour: 'red' },
}

/** One line of pino's JSON as a person reads it: time, level, component, message, details. */
export function formatLogLine(json: string, { colour }: { colour: boolean }): string {
  const { level, time, component, msg, ...details } = JSON.parse(json) as Record<string, unknown>
  const { name, colour: tone } = levels[numberOf(level)] ?? { name: 'error', colour: 'red' }
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text
  const parts = [
    paint('gray', localTime(numberOf(time))),
    paint(tone, name.padEnd(5)),
    paint('bold', printable(typeof component === 'string' ? component : 'node')),
    printable(typeof msg === 'string' ? msg : ''),
    ...Object.entries(details).map(([key, value]) => paint('gray', `${printable(key)}=${detail(value)}`)),
  ]
  return parts.join(' ')
}

/** Pino's own are numbers; what is logged may have fields of the same names. */
function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN
}

function localTime(time: number): string {
  const at = new Date(time)
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(part => String(part).padStart(2, '0')).join(':')
}

function detail(value: unknown): string {
  if (typeof value === 'string') return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(printable(value))
  return printable(JSON.stringify(value) ?? String(value))
}

/** What a peer chose may hold control characters: none reaches the terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, character => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/** Where a node on a terminal, or under a supervisor, writes its log: lines for people on a terminal, else JSON lines. */
export function consoleLog(
  stream: NodeJS.WritableStream & { isTTY?: boolean },
  env: NodeJS.ProcessEnv,
): DestinationStream {
  if (stream.isTTY !== true) return { write: line => void stream.write(line) }
  const colour = !env.NO_COLOR
  return { write: line => void stream.write(`${formatLogLine(line, { colour })}\n`) }
}
