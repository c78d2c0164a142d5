import type { FuzzTarget } from '../fuzz-target.ts'
import { directoryTargets } from './directory.ts'
import { fileTargets } from './files.ts'
import { httpTargets } from './http.ts'
import { membershipTargets } from './membership.ts'
import { programTargets } from './programs.ts'

/** Every parser of outside bytes there is; `fuzz.test.ts` looks for some that are missing here. */
export async function makeTargets(): Promise<FuzzTarget[]> {
  const groups = await Promise.all([
    directoryTargets(),
    membershipTargets(),
    httpTargets(),
    fileTargets(),
    programTargets(),
  ])
  return groups.flat()
}

export async function endTargets(targets: readonly FuzzTarget[]): Promise<void> {
  for (const target of targets) await target.end?.()
}
