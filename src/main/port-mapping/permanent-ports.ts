import { join } from 'node:path'
import { z } from 'zod'
import { safeParse } from '../../shared/safe-parse.ts'
import { writeFileDurably } from '../config/durable-file.ts'
import { readIfPresent } from '../config/read-if-present.ts'

/** Those opened last: what a router has kept open from before them is left to its owner. */
const mostNoted = 16

const port = z.number().int().min(1).max(65_535)
const permanentPortSchema = z.object({
  /** This machine's address, which the port leads to. */
  lanIp: z.ipv4(),
  internalPort: port,
  externalPort: port,
})
/** A port that a router never closes by itself. */
export type PermanentPort = z.infer<typeof permanentPortSchema>

const notedSchema = z.object({ ports: z.array(permanentPortSchema).max(mostNoted) })

/** Notes the ports that only this node closes, for the next run of it should this one be killed. */
export class PermanentPorts {
  readonly #path: string

  constructor(dataFolder: string) {
    this.#path = join(dataFolder, 'open-ports.json')
  }

  /** Nothing where the file is missing or damaged. */
  async read(): Promise<PermanentPort[]> {
    return safeParse(notedSchema, parseJson((await readIfPresent(this.#path)) ?? '')).data?.ports ?? []
  }

  /** Rejects with STORAGE_UNAVAILABLE. */
  async add(opened: PermanentPort): Promise<void> {
    const noted = await this.read()
    if (!noted.some(each => isSame(each, opened))) await this.#write([...noted, opened].slice(-mostNoted))
  }

  /** Rejects with STORAGE_UNAVAILABLE. */
  async remove(closed: PermanentPort): Promise<void> {
    const noted = await this.read()
    const left = noted.filter(each => !isSame(each, closed))
    if (left.length < noted.length) await this.#write(left)
  }

  #write(ports: PermanentPort[]): Promise<void> {
    return writeFileDurably(this.#path, `${JSON.stringify({ ports })}\n`)
  }
}

function isSame(one: PermanentPort, other: PermanentPort): boolean {
  return one.lanIp === other.lanIp && one.internalPort === other.internalPort && one.externalPort === other.externalPort
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
