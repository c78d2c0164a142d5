/** One program started on a desktop, as far as others there notice it. */
export interface RunningProgram {
  secondInstance(argv: string[]): void
}

/** The desktop that stand-in programs share: who holds which single-instance lock. */
export class StandInSystem {
  readonly #locks = new Map<string, RunningProgram>()

  /** Electron's rule: one lock for each user data folder; whoever comes second is announced to the first. */
  lock(userData: string, program: RunningProgram, argv: string[]): boolean {
    const holder = this.#locks.get(userData)
    if (holder === undefined) this.#locks.set(userData, program)
    else holder.secondInstance(argv)
    return holder === undefined
  }

  release(program: RunningProgram): void {
    for (const [userData, holder] of this.#locks) if (holder === program) this.#locks.delete(userData)
  }
}
