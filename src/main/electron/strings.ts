const plurals = new Intl.PluralRules('en')

function requests(count: number): string {
  return `${count.toLocaleString('en')} ${plurals.select(count) === 'one' ? 'request' : 'requests'}`
}

/** Every word the shell says by itself; the pages have their own. */
export const strings = {
  appName: 'RMA Donor',
  sentence: {
    starting: 'Starting…',
    failed: 'The node could not start',
    off: 'Off: nothing runs for others',
    noService: 'Waiting: no service can run on this machine yet',
    alone: 'No network: 0 peers',
    aloneNextTry: (seconds: number) => `No network: 0 peers, next try in ${seconds} s`,
    ready: 'Ready: waiting for the next request',
    readyFirst: 'Ready: no requests yet',
    working: (jobs: number) => `Working on ${requests(jobs)}`,
    stopping: (jobs: number) => (jobs === 0 ? 'Stopping…' : `Finishing ${requests(jobs)}, then stopping`),
  },
  menu: {
    donate: 'Donate Compute',
    openDashboard: 'Open dashboard',
    topologyWindow: 'Topology',
    topology: (nodes: number) => `Topology (${nodes.toLocaleString('en')})`,
    logs: 'Logs',
    quit: 'Stop and quit',
    file: 'File',
    edit: 'Edit',
    view: 'View',
    window: 'Window',
  },
  hidden: {
    title: 'RMA Donor keeps running',
    inTray: 'Its icon in the tray opens the window again. “Stop and quit” there ends it.',
    withoutTray: 'Start the app once more to see the window again. “Stop and quit” in its File menu ends it.',
  },
  startFailed: {
    title: 'RMA Donor could not start',
    hint: 'Nothing was changed or deleted. Correct this and start the app again.',
  },
}
