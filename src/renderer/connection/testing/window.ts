/** As much of a window as a connection touches: events of its own, and where it is. */
export function standInWindow(origin = 'app://rma-donor'): Window & { receive(message: Partial<MessageEvent>): void } {
  const events = new EventTarget()
  const receive = (message: Partial<MessageEvent>) =>
    events.dispatchEvent(Object.assign(new Event('message'), { source: standIn, origin, ports: [], ...message }))
  const standIn = Object.assign(events, { location: { origin }, receive }) as unknown as ReturnType<
    typeof standInWindow
  >
  return standIn
}
