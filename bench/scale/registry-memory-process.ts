import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { nextWord } from '../next-word.ts'

const program = fileURLToPath(new URL('./registry-memory-child.ts', import.meta.url))

/** Memory in MiB that a registrar takes for so many workers. */
export async function registryMiB(workers: number): Promise<number> {
  const child = fork(program, [String(workers)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: ['--expose-gc'],
  })
  try {
    return (await nextWord<{ kind: 'memory'; MiB: number }, 'memory'>(child, 'memory')).MiB
  } finally {
    child.kill()
  }
}
