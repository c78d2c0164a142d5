import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { createWorker, OEM, PSM, type Worker } from 'tesseract.js'
import type { LanguageFile } from './language-files.ts'

/** What the recogniser says of a page: its text, and its words as a table. */
export interface Reading {
  text: string
  tsv: string | null
}

/** Tesseract, in the languages it was told last; each is loaded once. */
export class Recogniser {
  #worker: Worker | undefined
  /** Files by code. */
  readonly #loaded = new Map<string, string>()
  /**
   * The worker's own list of languages it need not load, which it shares with us: it loads from one folder alone, and what
   * lies in others is written into its memory here.
   */
  readonly #known: string[] = []
  #spoken = ''

  /** Rejects where the data of a language is damaged. */
  async speak(languages: readonly LanguageFile[]): Promise<void> {
    const [first] = languages
    if (first === undefined) throw new Error('expected a language')
    const wanted = languages.map(({ code }) => code).join('+')
    if (wanted === this.#spoken && languages.every(({ code, file }) => this.#loaded.get(code) === file)) return
    this.#spoken = ''
    const fresh = this.#worker === undefined
    const worker = this.#worker ?? (await this.#start(first))
    this.#worker = worker
    for (const language of languages) await this.#load(worker, language)
    if (!fresh || wanted !== first.code) await worker.reinitialize(wanted)
    await worker.setParameters({ tessedit_pageseg_mode: PSM.AUTO })
    this.#spoken = wanted
  }

  async read(pgm: Uint8Array): Promise<Reading> {
    if (this.#worker === undefined) throw new Error('expected to be told a language first')
    const { data } = await this.#worker.recognize(Buffer.from(pgm), {}, { text: true, tsv: true })
    return data
  }

  async #start({ code, file }: LanguageFile): Promise<Worker> {
    const failed = Promise.withResolvers<never>()
    this.#known.splice(0, this.#known.length, code)
    const worker = await Promise.race([
      createWorker(this.#known, OEM.LSTM_ONLY, {
        langPath: dirname(file),
        gzip: file.endsWith('.gz'),
        cacheMethod: 'none',
        errorHandler: error => failed.reject(new Error('the recogniser failed', { cause: error })),
      }),
      failed.promise,
    ])
    this.#loaded.set(code, file)
    return worker
  }

  async #load(worker: Worker, { code, file }: LanguageFile): Promise<void> {
    if (this.#loaded.get(code) === file) return
    const bytes = await readFile(file)
    const data = file.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes
    await worker.FS('writeFile', [`./${code}.traineddata`, data])
    if (!this.#known.includes(code)) this.#known.push(code)
    this.#loaded.set(code, file)
  }
}
