import type { ChildProcess } from 'node:child_process'

/** The next message of a kind from a process of a benchmark's own. Rejects when the process ends first. */
export function nextWord<Word extends { kind: string }, K extends Word['kind']>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<Word, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`a process ended while it was to say ${kind}`))
    const isWanted = (word: Word): word is Extract<Word, { kind: K }> => word.kind === kind
    const listen = (word: Word) => {
      if (!isWanted(word)) return
      child.off('message', listen)
      child.off('exit', ended)
      resolve(word)
    }
    child.on('message', listen)
    child.once('exit', ended)
  })
}
