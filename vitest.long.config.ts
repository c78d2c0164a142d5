import { defineConfig } from 'vitest/config'

/** What takes minutes and is no part of `npm test`. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.long.ts'],
    setupFiles: ['e2e/support/patient-waits.ts'],
    disableConsoleIntercept: true,
  },
})
