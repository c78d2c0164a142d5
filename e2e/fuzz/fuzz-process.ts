import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { second } from '../../src/shared/units.ts'
import type { FuzzResult } from './fuzz.ts'
import type { FuzzOrder, FuzzWord } from './fuzz-words.ts'

const program = fileURLToPath(new URL('./fuzz-child.ts', import.meta.url))
/** Five hundred inputs take a second or two: who says nothing for so long hangs. */
const silenceMs = 60 * second

/** A process that fuzzes. It ends when this one does. */
export class FuzzProcess {
  readonly #child: ChildProcess
  /** Names of the targets there are. */
  readonly targets: readonly string[]

  private constructor(child: ChildProcess, targets: readonly string[]) {
    this.#child = child
    this.targets = targets
  }

  static async start(): Promise<FuzzProcess> {
    const child = fork(program, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const [word] = (await once(child, 'message')) as [FuzzWord]
    if (word.kind !== 'ready') throw new Error('expected the fuzzing process to be ready')
    return new FuzzProcess(child, word.targets)
  }

  /** Resolves with what came of it; a target that hangs, or ends the process, is a failure of it and ends this process. */
  async run(
    order: FuzzOrder,
    onProgress: (inputs: number) => void = () => undefined,
  ): Promise<FuzzResult & { rssMiB: number }> {
    return await new Promise(resolve => {
      const finish = (result: FuzzResult & { rssMiB: number }) => {
        clearTimeout(timer)
        this.#child.off('message', hear).off('exit', exit)
        resolve(result)
      }
      const fail = (error: string) => {
        const failures = [{ error, input: '', seed: order.seed }]
        finish({ target: order.target, inputs: 0, outcomes: {}, failures, slowest: { ms: 0, input: '' }, rssMiB: 0 })
      }
      const hear = (word: FuzzWord) => {
        timer.refresh()
        if (word.kind === 'progress') onProgress(word.inputs)
        if (word.kind === 'done') finish({ ...word.result, rssMiB: word.rssMiB })
      }
      const exit = () => fail('the process ended')
      const timer = setTimeout(() => {
        this.#child.kill('SIGKILL')
        fail(`it said nothing for ${silenceMs} ms: it hangs`)
      }, silenceMs)
      this.#child.on('message', hear).on('exit', exit)
      this.#child.send(order)
    })
  }

  get ended(): boolean {
    return !this.#child.connected
  }

  async stop(): Promise<void> {
    if (this.ended) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }
}
