const shortLevels = { info: 'INF', error: 'ERR' }

/** Writes to standard error as cloudflared does: lines for people, or a JSON object a line. */
export function connectorLog(asJson: boolean) {
  return (level: 'info' | 'error', message: string, fields: Record<string, string | number> = {}): void => {
    const time = new Date().toISOString().replace(/\.\d+/, '')
    const words = Object.entries(fields).map(([name, value]) => `${name}=${quoted(value)}`)
    const line = asJson
      ? JSON.stringify({ level, ...fields, time, message })
      : [time, shortLevels[level], message, ...words].join(' ')
    process.stderr.write(`${line}\n`)
  }
}

/** Lines in a frame of plus and minus signs. */
export function asciiBox(lines: readonly string[]): string[] {
  const width = Math.max(...lines.map(({ length }) => length))
  const border = `+${'-'.repeat(width + 4)}+`
  return [border, ...lines.map(line => `|  ${line.padEnd(width)}  |`), border]
}

function quoted(value: string | number): string {
  const text = String(value)
  return /^[\w.:/-]+$/.test(text) ? text : JSON.stringify(text)
}
