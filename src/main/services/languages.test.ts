import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { languagesIn } from './language-files.ts'
import { ReadingLanguages } from './languages.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder.remove())

async function put(path: string): Promise<string> {
  const file = join(folder.path, path)
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, 'data')
  return file
}

describe('languages', () => {
  it('are the files named so in the folders, the first folder’s where two have one', async () => {
    const own = await put('own/deu.traineddata')
    const packed = await put('shipped/eng.traineddata.gz')
    for (const other of ['deu.traineddata', 'osd.traineddata', 'eng.user-words', '../up.traineddata', 'x.traineddata'])
      await put(join('shipped', other))
    const vertical = await put('shipped/chi_sim_vert.traineddata')
    const found = await languagesIn(['own', 'missing', 'shipped'].map(each => join(folder.path, each)))
    expect(Object.fromEntries(found)).toEqual({ deu: own, eng: packed, chi_sim_vert: vertical })
  })

  it('are those shipped, of the system, of the node’s own folder, and of one that the donor names', async () => {
    const clock = new TurnedClock()
    const system = await put('usr/share/tesseract-ocr/5/tessdata/cym.traineddata')
    await put('usr/share/tesseract-ocr/5/tessdata/eng.traineddata')
    const languages = new ReadingLanguages(
      { clock },
      { ownFolder: join(folder.path, 'own'), systemRoot: folder.path, reading: undefined },
    )
    const installed = () => Object.fromEntries(languages.languages.get().installed)
    await languages.start()
    expect(installed()).toEqual({ eng: expect.stringContaining('@tesseract.js-data'), cym: system })
    expect(languages.languages.get().chosen).toEqual(['eng'])

    const own = await put('own/pol.traineddata')
    clock.turn(minute)
    await vi.waitFor(() => expect(installed()).toMatchObject({ pol: own }))

    const named = await put('named/cym.traineddata')
    languages.configure({ languages: ['cym', 'eng'], dataFolder: join(folder.path, 'named') })
    await vi.waitFor(() => expect(installed()).toMatchObject({ cym: named, pol: own }))
    expect(languages.languages.get().chosen).toEqual(['cym', 'eng'])

    await rm(own)
    clock.turn(minute)
    await vi.waitFor(() => expect(installed()).not.toHaveProperty('pol'))
    languages.stop()
  })
})
