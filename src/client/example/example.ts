import { RmaClient, RmaClientError } from '../index.ts'
import { drawTopology } from './draw-topology.ts'

// ?bootstrap=https://edge.example.org, or ?coordinator=https://c1.example.org; both may be given more than once.
const where = new URLSearchParams(location.search)
const client = new RmaClient({ bootstrap: where.getAll('bootstrap'), coordinators: where.getAll('coordinator') })

interface OcrAnswer {
  text: string
  confidence: number
}

function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id)
  if (element instanceof type) return element
  throw new Error(`expected an element #${id}`)
}

const state = byId('state', HTMLParagraphElement)
const text = byId('text', HTMLPreElement)

byId('ask', HTMLFormElement).addEventListener('submit', event => {
  event.preventDefault()
  const [file] = byId('document', HTMLInputElement).files ?? []
  if (file !== undefined) void read(file, byId('direct', HTMLInputElement).checked)
})

async function read(file: File, direct: boolean): Promise<void> {
  state.textContent = 'Reading …'
  text.textContent = ''
  try {
    const answer = await (direct ? client.requestDirect('ocr', file) : client.request('ocr', file))
    const { text: words, confidence } = await answer.json<OcrAnswer>()
    text.textContent = words
    state.textContent = `Read by ${answer.worker} with ${Math.round(confidence * 100)} % confidence.`
  } catch (error) {
    state.textContent = sentenceOf(error)
  }
}

async function showNetwork(): Promise<void> {
  const network = byId('network', HTMLDivElement)
  try {
    network.replaceChildren(drawTopology(await client.topology()))
  } catch (error) {
    network.textContent = sentenceOf(error)
  }
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof RmaClientError)) throw error
  return `${error.code}: ${error.message}`
}

await showNetwork()
setInterval(showNetwork, 10_000)
