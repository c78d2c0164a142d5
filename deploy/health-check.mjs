// Exits with 0 when the node that runs in this container is well. A coordinator answers on its API, a donor on its service port.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const folder = process.env.RMA_DONOR_HOME ?? '/data'

try {
  const { apiUrl, serviceUrl } = JSON.parse(await readFile(join(folder, 'runtime.json'), 'utf8'))
  const url = new URL('/health', apiUrl ?? serviceUrl)
  const response = await fetch(url, { signal: AbortSignal.timeout(4_000) })
  if (!response.ok) throw new Error(`${url} answered with status ${response.status}: ${await response.text()}`)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
