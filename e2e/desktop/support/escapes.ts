/** Runs in a page and tries each way out of it. Says how each was refused. Uses nothing from outside itself. */
export async function tryToEscape(): Promise<Record<string, string | number>> {
  const violated: string[] = []
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => violated.push(effectiveDirective))
  /** A browser that asks a person instead of refusing gives no answer. */
  const inTime = <T>(answer: Promise<T>): Promise<T | string> =>
    Promise.race([answer, new Promise<string>(resolve => setTimeout(resolve, 5_000, 'no answer'))])
  const nameOf = (attempt: () => Promise<unknown>): Promise<string> =>
    inTime(
      attempt().then(
        () => 'allowed',
        (error: unknown) => (error instanceof Error || error instanceof DOMException ? error.name : String(error)),
      ),
    )
  const statusOf = (address: string): Promise<number | string> =>
    fetch(address).then(
      ({ status }) => status,
      () => 'no answer',
    )
  /** Waits for the browser to refuse what belongs to a directive of the policy. */
  const blocked = async (directive: string): Promise<string> => {
    for (let look = 0; look < 50; look++) {
      if (violated.some(each => each.startsWith(directive))) return 'blocked'
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    return 'allowed'
  }
  const script = document.createElement('script')
  script.textContent = 'window.escaped = true'
  document.body.append(script)
  const frame = document.createElement('iframe')
  frame.src = 'https://example.org/'
  document.body.append(frame)
  const outcomes = {
    window: window.open('https://example.org/') === null ? 'refused' : 'opened',
    webview: 'getURL' in document.createElement('webview') ? 'known' : 'unknown element',
    notifications: await inTime(Notification.requestPermission()),
    geolocation: (await navigator.permissions.query({ name: 'geolocation' })).state,
    camera: await nameOf(() => navigator.mediaDevices.getUserMedia({ video: true })),
    screen: await nameOf(() => navigator.mediaDevices.getDisplayMedia()),
    fetch: await nameOf(() => fetch('https://example.org/')),
    traversal: await statusOf('app://rma-donor/..%2f..%2fpackage.json'),
    script: 'escaped' in window ? 'allowed' : await blocked('script-src'),
    frame: await blocked('frame-src'),
    node: ['require', 'process', 'Buffer', 'module'].find(name => name in window) ?? 'none',
  }
  script.remove()
  frame.remove()
  return outcomes
}
