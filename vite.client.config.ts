import { resolve } from 'node:path'
import { defineConfig } from 'vite'

const here = (path: string) => resolve(import.meta.dirname, path)

/** The client for web front ends, as one module. */
export default defineConfig({
  build: {
    outDir: here('out/client'),
    target: 'es2022',
    lib: { entry: here('src/client/index.ts'), formats: ['es'], fileName: 'rma-client' },
  },
})
