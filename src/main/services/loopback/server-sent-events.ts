import { RmaError } from '../../../shared/errors.ts'
import { MiB } from '../../../shared/units.ts'

const longestLine = MiB

/**
 * The data of each event of a stream of server-sent events (WHATWG HTML, 9.2); other fields and comments are passed over.
 *
 * @throws RmaError ENGINE_FAILED for a line that does not end
 */
export async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder()
  let pending = ''
  let data: string[] = []
  for await (const chunk of body) {
    pending += decoder.decode(chunk, { stream: true })
    const lines = pending.split(/\r\n|\n|\r(?!$)/)
    pending = lines.pop() ?? ''
    if (pending.length > longestLine)
      throw new RmaError('ENGINE_FAILED', 'the engine sent a line without end', { reason: 'protocol' })
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
      else if (line === '' && data.length > 0) {
        yield data.join('\n')
        data = []
      }
    }
  }
  if (pending.startsWith('data:')) data.push(pending.slice(5).trim())
  if (data.length > 0) yield data.join('\n')
}
