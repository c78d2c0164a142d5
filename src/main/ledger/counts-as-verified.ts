export interface ReceiptCircumstances {
  requester: string
  worker: string
  /** Anybody may join, so that identities cost nothing. */
  openNetwork: boolean
  /** Address groups of the requester's connections, and of this node; see `addressGroup`. */
  requesterGroups: readonly string[]
  ownGroups: readonly string[]
}

/**
 * Whether a receipt counts as a stranger's word. It proves no more than that somebody acknowledged a result: one's own
 * requests never count, nor those of networks that anybody may join, nor those from one's own group of addresses, which
 * are likely to be the same person's. Where the requester comes from must be known.
 */
export function countsAsVerified({
  requester,
  worker,
  openNetwork,
  requesterGroups,
  ownGroups,
}: ReceiptCircumstances): boolean {
  if (openNetwork || requester === worker || requesterGroups.length === 0) return false
  return !requesterGroups.some(group => group === 'other' || ownGroups.includes(group))
}
