import packageJson from '../../package.json' with { type: 'json' }

/** The commit a build was made from, written in by the build (electron.vite.config.ts); not there in the sources. */
declare const RMA_DONOR_COMMIT: string | undefined

/**
 * What this program calls itself wherever it says its version: that of package.json and, in a build, the commit as
 * semantic versioning writes it: `1.2.3+5897f2c8a1b2`, with `.changed` where files had been changed since.
 */
export const version =
  typeof RMA_DONOR_COMMIT === 'undefined' ? packageJson.version : `${packageJson.version}+${RMA_DONOR_COMMIT}`
