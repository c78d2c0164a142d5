import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { probeEngine } from './engine-probe.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A server that answers each path with a value in JSON. */
async function serverWith(answers: Record<string, unknown>): Promise<string> {
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? '']
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? {}))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('probing for an engine', () => {
  it('finds Ollama’s models with their sizes, eyes, and whether they are loaded', async () => {
    const url = await serverWith({
      '/v1/models': {
        object: 'list',
        data: [{ id: 'llama3.2:3b' }, { id: 'llava:7b' }, { id: 'nomic-embed-text:latest' }],
      },
      '/api/tags': {
        models: [
          { name: 'llama3.2:3b', size: 2_019_393_189, details: { families: ['llama'] } },
          { name: 'llava:7b', size: 4_733_363_377, details: { families: ['llama', 'clip'] } },
        ],
      },
      '/api/ps': { models: [{ name: 'llava:7b' }] },
    })
    expect(await probeEngine({ name: 'Ollama', url })).toEqual({
      name: 'Ollama',
      url,
      slots: 2,
      models: [
        { id: 'llama3.2:3b', sizeMiB: 1_926, sees: false, loaded: false },
        { id: 'llava:7b', sizeMiB: 4_514, sees: true, loaded: true },
      ],
    })
  })

  it('finds a llama.cpp server’s slots, context and eyes', async () => {
    const url = await serverWith({
      '/v1/models': { data: [{ id: 'model.gguf', owned_by: 'llamacpp' }] },
      '/props': { total_slots: 4, default_generation_settings: { n_ctx: 8_192 }, modalities: { vision: true } },
    })
    expect(await probeEngine({ name: 'llama.cpp server', url })).toMatchObject({
      slots: 4,
      models: [{ id: 'model.gguf', contextTokens: 8_192, sees: true, loaded: true }],
    })
  })

  it('finds LM Studio’s models but not its embeddings', async () => {
    const url = await serverWith({
      '/v1/models': { data: [{ id: 'qwen' }, { id: 'other' }] },
      '/api/v0/models': {
        data: [
          { id: 'qwen', type: 'vlm', state: 'loaded', max_context_length: 32_768 },
          { id: 'other', type: 'embeddings' },
        ],
      },
    })
    expect(await probeEngine({ name: 'LM Studio', url })).toMatchObject({
      slots: 1,
      models: [{ id: 'qwen', sees: true, loaded: true, contextTokens: 32_768 }],
    })
  })

  it.each([
    ['nobody listens', undefined],
    ['a server that has no models', {}],
    ['a server that answers with something else', { '/v1/models': '<html>' }],
    ['a server that answers in another form', { '/v1/models': { data: 'none' } }],
    ['a server that answers without end', { '/v1/models': ' '.repeat(5_000_000) }],
  ])('finds none where there is %s', async (_, answers) => {
    const url = answers === undefined ? 'http://127.0.0.1:1' : await serverWith(answers)
    expect(await probeEngine({ name: 'vLLM', url })).toBeUndefined()
  })
})
