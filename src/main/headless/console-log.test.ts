import { describe, expect, it } from 'vitest'
import { consoleLog, formatLogLine } from './console-log.ts'

const time = new Date(2026, 2, 14, 9, 5, 7).getTime()
const line = JSON.stringify({ level: 40, time, component: 'dht', msg: 'a peer left', peers: 3, reason: 'it said so' })

describe('a log line on a terminal', () => {
  it('shows local time, level, component, message and details', () => {
    expect(formatLogLine(line, { colour: false })).toBe('09:05:07 warn  dht a peer left peers=3 reason="it said so"')
  })

  it('lets no control character of a peer through', () => {
    const hostile = JSON.stringify({
      level: 30,
      time,
      msg: 'x\u001b[2J',
      name: '\u001b]0;title\u0007',
      tricky: '\u202eabc',
      'key\u001b[2J': 1,
    })
    expect(formatLogLine(hostile, { colour: false })).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  it('is coloured only where asked', () => {
    expect(formatLogLine(line, { colour: true })).toContain('\u001b[33m')
  })
})

describe('the console', () => {
  function capture(isTTY: boolean) {
    const lines: string[] = []
    const stream = { isTTY, write: (text: string) => lines.push(text) > 0 } as unknown as NodeJS.WritableStream
    return { lines, stream }
  }

  it('gets JSON lines unless it is a terminal', () => {
    const { lines, stream } = capture(false)
    consoleLog(stream, {}).write(line)
    expect(lines).toEqual([line])
  })

  it('gets lines for people on a terminal, without colour where NO_COLOR is set', () => {
    const { lines, stream } = capture(true)
    consoleLog(stream, { NO_COLOR: '1' }).write(line)
    expect(lines[0]).toBe('09:05:07 warn  dht a peer left peers=3 reason="it said so"\n')
  })
})
