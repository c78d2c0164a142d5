import { describe, expect, it } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import type { Forward, ForwardOutcome } from './forwarder.ts'
import { answers, isLost, llm, setUp } from './test-router.ts'

describe('a request that names a model', () => {
  const asks = (model?: string) => Buffer.from(JSON.stringify({ prompt: 'Hello', model }))
  const json = { contentType: 'application/json' }

  it('goes to a worker that has it, and without one to any', async () => {
    const { route, asked } = setUp({
      workers: { a: answers, b: answers, c: answers },
      models: { a: ['tiny-1b'], b: ['big:70b', 'tiny-1b'], c: ['other'] },
    })
    for (let count = 0; count < 20; count++)
      await route(asks('big:70b'), llm, { ...json, id: `request-${1000 + count}` })
    expect(new Set(asked)).toEqual(new Set(['b']))
    for (let count = 0; count < 50; count++) await route(asks(), llm, { ...json, id: `request-${2000 + count}` })
    expect(new Set(asked)).toEqual(new Set(['a', 'b', 'c']))
  })

  it('is told which models there are when nobody has it', async () => {
    const { route, asked } = setUp({ workers: { a: answers, b: answers }, models: { a: ['tiny-1b'], b: ['big:70b'] } })
    await expect(route(asks('huge-400b'), llm, json)).rejects.toMatchObject({
      code: 'NO_WORKER',
      message: expect.stringMatching(/^no worker offers model huge-400b; offered: big:70b, tiny-1b; /),
      details: { model: 'huge-400b', offered: ['big:70b', 'tiny-1b'], passedOver: { 'without the model': 2 } },
    })
    expect(asked).toEqual([])
  })

  it('is sent on when this node has others, and they are named too', async () => {
    const here = () => Promise.reject(new RmaError('UNKNOWN_MODEL', 'no', { offered: ['mine-3b'] }))
    const elsewhere = setUp({ here, workers: { a: answers }, models: { a: ['big:70b'] } })
    await elsewhere.route(asks('big:70b'), llm, json)
    expect(elsewhere.asked).toEqual(['a'])
    const nowhere = setUp({ here, workers: { a: answers }, models: { a: ['big:70b'] } })
    await expect(nowhere.route(asks('huge-400b'), llm, json)).rejects.toMatchObject({
      message: expect.stringMatching(/^no worker offers model huge-400b; offered: big:70b, mine-3b; /),
    })
  })

  it('tries the next worker where one has dropped the model since', async () => {
    const dropped = (): ForwardOutcome => ({ kind: 'refused', error: new RmaError('UNKNOWN_MODEL', 'gone') })
    const { route, asked } = setUp({
      workers: { a: dropped, b: answers, c: dropped },
      models: { a: ['big:70b'], b: ['big:70b'], c: ['big:70b'] },
    })
    await route(asks('big:70b'), llm, json)
    expect(asked.at(-1)).toBe('b')
  })

  it('carries in its headers what others cannot read from the body', async () => {
    const seen: unknown[] = []
    const notes = (forward: Forward): ForwardOutcome => {
      seen.push(forward.headers.particulars)
      return answers(forward)
    }
    const { route } = setUp({ workers: { a: notes }, models: { a: ['big:70b'] } })
    await route(asks('big:70b'), llm, json)
    await route(Buffer.from('a page'), 'ocr', { particulars: { languages: ['eng'] } })
    expect(seen).toEqual([{ model: 'big:70b' }, { languages: ['eng'] }])
  })

  it('is not said to be unknown where the worker that has it has failed', async () => {
    const { route } = setUp({ workers: { a: isLost(true) }, models: { a: ['big:70b'] } })
    await expect(route(asks('big:70b'), llm, json)).rejects.toMatchObject({
      message: expect.stringMatching(/^no worker could take the llm-inference request: /),
    })
  })
})
