import { join } from 'node:path'
import { LiveValue } from '../../live-value.ts'
import { shippedFolder } from '../language-files.ts'
import type { Languages } from '../languages.ts'
import { ocrIn } from '../ocr.ts'

/** `ocr` in English, which is shipped. */
export const ocr = ocrIn(new LiveValue(shippedEnglish()))

function shippedEnglish(): Languages {
  const folder = shippedFolder()
  const installed = folder === undefined ? [] : [['eng', join(folder, 'eng.traineddata.gz')] as const]
  return { chosen: ['eng'], installed: new Map(installed) }
}
