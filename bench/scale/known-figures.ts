import { createHash } from 'node:crypto'
import { glob, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { writeFileDurably } from '../../src/main/config/durable-file.ts'
import type { Figures, Scenario } from './scenario.ts'

const project = fileURLToPath(new URL('../../', import.meta.url))
const cache = 'node_modules/.cache/rma-donor/simulations'
/** All that the figures of a simulation follow from, its scenario apart. */
const code = ['package-lock.json', '{src/main,src/shared,bench/scale,bench/simulation,e2e/support}/**/*.ts']
/** Tests, and the real nodes that simulated ones are compared with. */
const isApart = (path: string) => path.endsWith('.test.ts') || /^bench.scale.real-/.test(path)
const figuresSchema = z.record(z.string(), z.number())

/**
 * What a simulation came to, for as long as its code is the same: the largest takes more than an hour, and one that was stopped
 * need not begin with those that had come to their end.
 */
export class KnownFigures {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /** For the code as it is now. */
  static async of(scenario: Scenario, root = project): Promise<KnownFigures> {
    const paths: string[] = []
    for await (const path of glob(code, { cwd: root })) if (!isApart(path)) paths.push(path)
    const hash = createHash('sha256').update(JSON.stringify(scenario)).update(process.version)
    for (const path of paths.sort()) hash.update(`\0${path}\0`).update(await readFile(join(root, path)))
    return new KnownFigures(join(root, cache, `${scenario.workers}-${hash.digest('hex').slice(0, 16)}.json`))
  }

  async read(): Promise<Figures | undefined> {
    const text = await readFile(this.#path, 'utf8').catch(() => undefined)
    return text === undefined ? undefined : figuresSchema.safeParse(JSON.parse(text)).data
  }

  async keep(figures: Figures): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true })
    await writeFileDurably(this.#path, JSON.stringify(figures))
  }
}
