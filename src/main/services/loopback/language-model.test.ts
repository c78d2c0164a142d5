import { describe, expect, it } from 'vitest'
import { chooseModel, type LanguageModel, readsPictures, sizeOfName, talks } from './language-model.ts'

const model = (id: string, fields: Partial<LanguageModel> = {}): LanguageModel => ({
  id,
  sees: false,
  loaded: false,
  ...fields,
})

describe('choosing a model', () => {
  const small = model('small', { sizeMiB: 2_000 })
  const large = model('large', { sizeMiB: 8_000 })
  const huge = model('huge', { sizeMiB: 40_000 })
  const seeing = model('seeing', { sizeMiB: 9_000, sees: true })
  const wish = { sees: false, budgetMiB: 10_000 }

  it.each([
    ['the largest that fits', [small, large, huge], wish, 'large'],
    ['one in memory before a larger one', [{ ...small, loaded: true }, large], wish, 'small'],
    ['one in memory, whatever its size', [small, { ...huge, loaded: true }], wish, 'huge'],
    ['one for words alone before one that sees', [large, seeing], wish, 'large'],
    ['one that sees, for pictures', [large, seeing], { ...wish, sees: true }, 'seeing'],
    ['one of unknown size, if no other fits', [huge, model('unknown')], wish, 'unknown'],
    ['the donor’s own choice', [small, large], { ...wish, only: 'small' }, 'small'],
    [
      'the donor’s choice without Ollama’s tag',
      [model('small:latest'), large],
      { ...wish, only: 'small' },
      'small:latest',
    ],
    ['none where none fits', [huge], wish, undefined],
    ['none where none sees', [large], { ...wish, sees: true }, undefined],
  ])('takes %s', (_, models, wanted, id) => {
    expect(chooseModel(models, wanted)?.id).toBe(id)
  })
})

describe('a model’s name tells', () => {
  it.each([
    ['llama3.2:3b', 2_100],
    ['Qwen2.5-0.5B-Instruct', 350],
    ['mistral-7b-instruct-v0.3', 4_900],
    ['gpt-oss', undefined],
    ['phi3:latest', undefined],
  ])('the size of %s', (id, sizeMiB) => {
    expect(sizeOfName(id)).toBe(sizeMiB)
  })

  it.each([
    ['llava:7b', true],
    ['Qwen2.5-VL-7B-Instruct', true],
    ['gemma3:4b', true],
    ['llama3.2-vision', true],
    ['llama3.2:3b', false],
    ['vlad-7b', false],
  ])('whether %s reads pictures', (id, sees) => {
    expect(readsPictures(id)).toBe(sees)
  })

  it('whether it talks', () => {
    expect(talks('nomic-embed-text')).toBe(false)
    expect(talks('llama3')).toBe(true)
  })
})
