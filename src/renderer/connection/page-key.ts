const storageKey = 'rma-donor.page-key'

/** What the page needs of its window. */
export interface KeyKeeper {
  location: Pick<Location, 'hash' | 'pathname' | 'search'>
  history: Pick<History, 'replaceState'>
  localStorage: Pick<Storage, 'getItem' | 'setItem'>
}

/**
 * The key by which the node knows its own page: the access link brings it behind the `#`, from where it is taken into the
 * storage of this origin, which no other port of the machine shares. Undefined where it never came.
 */
export function takePageKey({ location, history, localStorage }: KeyKeeper): string | undefined {
  const brought = /^#key=([\w-]{1,128})$/.exec(location.hash)?.[1]
  if (brought === undefined) return localStorage.getItem(storageKey) ?? undefined
  localStorage.setItem(storageKey, brought)
  history.replaceState(null, '', location.pathname + location.search)
  return brought
}
