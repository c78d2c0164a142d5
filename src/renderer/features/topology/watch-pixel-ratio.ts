/** Calls back whenever the window comes to a display with other pixels, which leaves its size in CSS pixels as it is. */
export function watchPixelRatio(
  window: Pick<Window, 'devicePixelRatio' | 'matchMedia'>,
  changed: () => void,
  signal: AbortSignal,
): void {
  const wait = () => {
    // A query tells only of changes away from the ratio that it asks for.
    const query = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`)
    query.addEventListener('change', onChange, { once: true, signal })
  }
  const onChange = () => {
    changed()
    wait()
  }
  wait()
}
