import { useSyncExternalStore } from 'react'

/** Where the page is: the path behind the `#`, and the options behind its `?`. */
export interface HashLocation {
  path: string
  /** In a window of its own, without navigation. */
  ownWindow: boolean
}

/** Reads `#/topology?window=1`. */
export function parseHash(hash: string): HashLocation {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  return { path, ownWindow: new URLSearchParams(query).get('window') === '1' }
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener('hashchange', onChange)
  return () => window.removeEventListener('hashchange', onChange)
}

export function useHashLocation(): HashLocation {
  return parseHash(useSyncExternalStore(subscribe, () => window.location.hash))
}
