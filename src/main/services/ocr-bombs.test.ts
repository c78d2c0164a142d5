import { afterAll, describe, expect, it, vi } from 'vitest'
import { drawingBomb, pngBomb } from '../../../e2e/support/bombs.ts'
import { MiB, minute } from '../../shared/units.ts'
import { BombSite } from './testing/bomb-site.ts'

vi.setConfig({ testTimeout: 3 * minute })

const site = new BombSite()
afterAll(() => site.stop())

// More of them are in e2e/services/bombs.long.ts.
describe('ocr survives', () => {
  it.each<[string, string, () => Buffer, string]>([
    ['a PDF’s drawing that unpacks to gigabytes', 'application/pdf', drawingBomb, 'ENGINE_FAILED'],
    ['a comment that unpacks to half a gigabyte', 'image/png', () => pngBomb('zTXt'), 'BAD_INPUT'],
  ])('%s: memory stays bounded, and the next letter is read', async (_, contentType, make, outcome) => {
    const bomb = make()
    expect(bomb.length).toBeLessThan(2 * MiB)
    const after = { outcome, contained: true, next: 'Dear Ms Whitfield,' }
    expect(await site.explode(bomb, contentType)).toEqual(after)
  })
})
