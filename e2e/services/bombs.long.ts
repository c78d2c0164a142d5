import { afterAll, describe, expect, it } from 'vitest'
import { BombSite } from '../../src/main/services/testing/bomb-site.ts'
import { minute } from '../../src/shared/units.ts'
import { drawingBomb, formBomb, pictureBomb, pngBomb } from '../support/bombs.ts'

const site = new BombSite()
afterAll(() => site.stop())

describe('ocr survives', () => {
  it.each<[string, string, () => Buffer, string]>([
    ['a drawing that unpacks to gigabytes', 'application/pdf', drawingBomb, 'ENGINE_FAILED'],
    ['forms that draw each other', 'application/pdf', formBomb, 'ENGINE_FAILED'],
    ['a picture in a PDF that unpacks to gigabytes', 'application/pdf', pictureBomb, ''],
    ['pixels that unpack to more than there are', 'image/png', () => pngBomb('IDAT'), ''],
    ['a comment that unpacks to half a gigabyte', 'image/png', () => pngBomb('zTXt'), 'BAD_INPUT'],
    ['a colour profile that unpacks to half a gigabyte', 'image/png', () => pngBomb('iCCP'), 'BAD_INPUT'],
  ])(
    '%s',
    async (_, contentType, make, outcome) => {
      const after = { outcome, contained: true, next: 'Dear Ms Whitfield,' }
      expect(await site.explode(make(), contentType)).toEqual(after)
    },
    5 * minute,
  )
})
