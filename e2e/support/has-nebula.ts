import { execFileSync } from 'node:child_process'

/** Whether this machine has Nebula. */
export function hasNebula(): boolean {
  try {
    for (const program of ['nebula', 'nebula-cert']) execFileSync(program, ['-version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
