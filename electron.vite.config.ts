import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import { buildCommit } from './scripts/build-commit.ts'
import { licencesPlugin } from './scripts/licences/licences-plugin.ts'

const here = (path: string) => resolve(import.meta.dirname, path)
const commit = buildCommit(import.meta.dirname, process.env)

/** Dependencies of the main process stay in node_modules; the renderer's are bundled. */
export default defineConfig({
  main: {
    // See src/main/version.ts.
    ...(commit === undefined ? {} : { define: { RMA_DONOR_COMMIT: JSON.stringify(commit) } }),
    build: {
      target: 'node24',
      sourcemap: true,
      rollupOptions: {
        input: {
          electron: here('src/main/electron/main.ts'),
          cli: here('src/main/cli/main.ts'),
          'ledger-thread': here('src/main/ledger/ledger-thread.ts'),
          'entity-engine': here('src/main/services/entity-engine.ts'),
          'ocr-engine': here('src/main/services/ocr-engine.ts'),
          'vision-engine': here('src/main/services/vision-engine.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
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
