import type { Plugin } from 'vite'
import { collectLicences, licencesText } from './collect-licences.ts'

/** Leaves the licences of all that is shipped beside the pages: `licences.json` for the page About, `licences.txt` for people. */
export function licencesPlugin(root: string): Plugin {
  return {
    name: 'licences',
    apply: 'build',
    generateBundle() {
      const licences = collectLicences(root)
      const texts = [...new Set(licences.map(({ text }) => text))]
      const packages = licences.map(({ text, ...rest }) => ({ ...rest, text: texts.indexOf(text) }))
      this.emitFile({ type: 'asset', fileName: 'licences.json', source: JSON.stringify({ texts, packages }) })
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: licencesText(licences) })
    },
  }
}
