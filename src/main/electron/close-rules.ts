/** What closing the dashboard's window does. */
export type CloseOutcome = 'close' | 'hide' | 'quit'

export interface CloseSituation {
  quitting: boolean
  /** An icon leads back to the window. */
  trayShown: boolean
  donating: boolean
}

/**
 * Closing hides, so that donating goes on. With neither a tray to come back through nor anything to go on with, it
 * quits: a process nobody can see must have a reason to stay.
 */
export function decideClose({ quitting, trayShown, donating }: CloseSituation): CloseOutcome {
  if (quitting) return 'close'
  return trayShown || donating ? 'hide' : 'quit'
}
