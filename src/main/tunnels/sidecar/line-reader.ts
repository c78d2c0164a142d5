import { StringDecoder } from 'node:string_decoder'
import { KiB } from '../../../shared/units.ts'

const longestLine = 64 * KiB

/** Makes lines of what a program writes. Of a line that is too long the beginning counts. */
export class LineReader {
  readonly #onLine: (line: string) => void
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  take(chunk: Uint8Array): void {
    const [first = '', ...more] = this.#decoder.write(Buffer.from(chunk)).split('\n')
    this.#append(first)
    for (const part of more) {
      this.end()
      this.#append(part)
    }
  }

  /** What has come counts as a line. */
  end(): void {
    const line = this.#rest.replace(/\r$/, '')
    this.#rest = ''
    if (line !== '') this.#onLine(line)
  }

  #append(text: string): void {
    this.#rest += text.slice(0, Math.max(0, longestLine - this.#rest.length))
  }
}
