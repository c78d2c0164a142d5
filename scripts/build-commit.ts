import { execFileSync } from 'node:child_process'

/** What a build is made from; a change anywhere else leaves it as it is. */
export const buildInputs = [
  'src',
  'scripts/licences',
  'scripts/build-commit.ts',
  'scripts/one-byte-plugin.ts',
  'package.json',
  'package-lock.json',
  'electron.vite.config.ts',
]

const shownDigits = 12

/**
 * The commit a build is of, shortened, with `.changed` where its inputs differ from it; undefined where none can be told.
 * A builder without the repository, as in a container, is told it by RMA_DONOR_COMMIT.
 */
export function buildCommit(root: string, env: NodeJS.ProcessEnv): string | undefined {
  const told = env.RMA_DONOR_COMMIT
  if (told !== undefined && told !== '') {
    const [, hash, changed = ''] = /^([0-9a-f]{7,64})(\.changed)?$/.exec(told) ?? []
    if (hash === undefined) throw new Error(`RMA_DONOR_COMMIT: expected a commit’s hash, got ${told}`)
    return `${hash.slice(0, shownDigits)}${changed}`
  }
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    // A folder that was unpacked inside somebody else's repository is not a commit of that one.
    if (git('rev-parse', '--show-prefix') !== '') return undefined
    const commit = git('rev-parse', 'HEAD').slice(0, shownDigits)
    return git('status', '--porcelain', '--', ...buildInputs) === '' ? commit : `${commit}.changed`
  } catch {
    // No git, or no repository: the version of package.json has to do.
    return undefined
  }
}
