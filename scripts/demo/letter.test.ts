import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { letterLines, renderLetter } from './letter.ts'

describe('the letters of the demonstration', () => {
  it('differ from one to the next and are complete', () => {
    const letters = Array.from({ length: 40 }, (_, number) => letterLines(number).join('\n'))
    expect(new Set(letters).size).toBeGreaterThan(20)
    for (const letter of letters) expect(letter).toMatch(/Dear \w+ \w+,.+ \d{1,2} March .+The casework team$/s)
  })

  it('are images with ink on them', async () => {
    const { entropy, channels } = await sharp(await renderLetter(letterLines(0))).stats()
    expect(entropy).toBeGreaterThan(0.1)
    expect(channels[0]?.min).toBeLessThan(64)
  })
})
