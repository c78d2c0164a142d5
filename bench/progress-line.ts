const clearLine = '\r\u001b[K'

/** Says what is being done: over and over in one line of a terminal, line by line elsewhere. */
export class ProgressLine {
  readonly #stream: NodeJS.WritableStream & { isTTY?: boolean }

  constructor(stream: NodeJS.WritableStream & { isTTY?: boolean }) {
    this.#stream = stream
  }

  show(line: string): void {
    this.#stream.write(this.#stream.isTTY === true ? `${clearLine}${line}` : `${line}\n`)
  }

  clear(): void {
    if (this.#stream.isTTY === true) this.#stream.write(clearLine)
  }
}
