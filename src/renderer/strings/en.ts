import { englishActivity } from '../../shared/activity-sentence.ts'
import { formatClock, formatCount, formatMebibytes, formatShare } from './format.ts'

const plurals = new Intl.PluralRules('en')

function counted(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${plurals.select(count) === 'one' ? one : many}`
}

const requests = (count: number) => counted(count, 'request', 'requests')
const peers = (count: number) => counted(count, 'peer', 'peers')

/** Every word the dashboard says. Functions where a value or a plural goes in; nothing is put together elsewhere. */
export const en = {
  app: {
    name: 'RMA Donor',
    navigation: 'Main',
    skipToContent: 'Skip to content',
    loadingPage: 'Loading…',
    crashed: 'This page could not be drawn',
    crashedHint: 'Your node keeps running. Reload to try again.',
    reload: 'Reload',
  },
  page: { status: 'Status', topology: 'Topology', logs: 'Logs' },

  link: {
    lost: 'The connection to your node is interrupted. What you see is the last known state.',
    nextTry: (seconds: number) => (seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying again…'),
    checkNode: 'Is it still running? If it was started again, open the address it prints.',
    retryNow: 'Try now',
    firstConnecting: 'Connecting to your node',
    firstConnectingHint: 'This takes a moment after the start.',
    firstUnreachable: 'Your node does not answer',
  },

  activity: {
    ...englishActivity,
    unknown: 'Not connected to your node',
  },

  donate: {
    switch: 'Donate Compute',
    on: 'On',
    off: 'Off',
    invitation: 'Give this computer’s spare time to documents that help people.',
    thanks: 'This computer is lending a hand. Thank you.',
    failed: 'That did not work',
  },

  consent: {
    title: 'Before you lend a hand',
    lead: 'Donating means that your computer does work for other people.',
    documents: 'Prompts and documents of other people pass through your machine.',
    documentsMore:
      'They stay in memory while a request runs and are never saved or logged. Please do not try to look into them.',
    yours: 'Your machine stays yours.',
    yoursMore: 'Work runs at low priority, and you can switch it off at any moment.',
    openNetwork: (name: string) => `“${name}” is an open network.`,
    openNetworkMore: 'Anyone nearby can join it, and may read what you send to it.',
    accept: 'I understand, donate compute',
    decline: 'Not now',
  },

  status: {
    counters: 'Since the start',
    served: 'Served for others',
    servedHint: 'Requests that ran on this machine',
    pagesRead: 'Pages read',
    pagesReadHint: 'Pages of documents turned into text here',
    requested: 'Sent to others',
    requestedHint: 'Requests that this machine passed to the network',
    failed: 'Failed',
    failedHint: 'Requests, served or sent, that ended with an error',
    running: 'Running now',
    nothingRunning: 'Nothing is running',
    nothingRunningOn: 'The next request appears here the moment it arrives.',
    nothingRunningOff: 'Switch on Donate Compute to take requests.',
    recent: 'Recent requests',
    noRecent: 'No requests yet',
    noRecentHint: 'Finished requests are listed here until the node stops.',
    machine: 'This machine',
    cpu: 'Processor',
    memory: 'Memory',
    announced: 'Announced load',
    announcedHint: 'How busy this machine tells others it is',
    memoryOf: (usedMiB: number, totalMiB: number) => `${formatMebibytes(usedMiB)} of ${formatMebibytes(totalMiB)}`,
    threads: (count: number) => counted(count, 'thread', 'threads'),
    gpu: (model: string, vramMiB: number) => (vramMiB > 0 ? `${model}, ${formatMebibytes(vramMiB)}` : model),
    several: (count: number, what: string) => `${formatCount(count)} × ${what}`,
    noGpu: 'No graphics card found',
    network: 'Network',
    networkName: 'Name',
    peerId: 'Peer id',
    uptime: 'Running for',
    copyPeerId: 'Copy peer id',
    openBadge: 'Open',
    openBadgeHint: 'No membership needed: anyone nearby can join and may read what you send',
    privateBadge: 'Members only',
  },

  services: {
    title: 'Services',
    name: {
      ocr: 'Read documents',
      'ner-extraction': 'Find names and dates',
      'llm-inference': 'Answer prompts',
      'vision-ocr': 'Read difficult scans',
    } as Record<string, string>,
    none: 'No services',
    busy: (running: number, slots: number) => `${formatCount(running)} of ${formatCount(slots)} busy`,
    waiting: (count: number) => `${formatCount(count)} waiting`,
    idle: (slots: number) => `Ready, ${formatCount(slots)} at a time`,
    offered: 'Offered while you donate',
    disabled: 'Switched off',
    engineFailed: (message: string) => `Its engine failed: ${message}`,
    needsMemory: (needed: number, found: number) =>
      `Needs ${formatMebibytes(needed)} of memory: found ${formatMebibytes(found)}`,
    needsGpu: (needed: number, found: number) =>
      found === 0
        ? `Needs an NVIDIA or AMD card with ${formatMebibytes(needed)} free: found none`
        : `Needs an NVIDIA or AMD card with ${formatMebibytes(needed)} free: found ${formatMebibytes(found)}`,
    needsEngine: (engines: string[]) =>
      `Start one of these to offer it: ${new Intl.ListFormat('en', { type: 'disjunction' }).format(engines)}`,
    toggle: (name: string) => `Offer “${name}”`,
  },

  jobs: {
    state: { queued: 'Queued', running: 'Running', done: 'Done', failed: 'Failed', cancelled: 'Cancelled' },
    roleServed: (peer: string) => `for ${peer}`,
    roleRequested: (peer: string) => `sent to ${peer}`,
    roleSearching: 'looking for a worker',
    roleLocal: 'for this machine',
    cancel: 'Cancel',
    cancelNamed: (service: string) => `Cancel “${service}”`,
    bytes: (sent: string, received: string) => `${sent} in, ${received} out`,
    showAll: (count: number) => `Show all ${formatCount(count)}`,
    showFewer: 'Show fewer',
  },

  path: {
    local: 'on this machine',
    direct: 'direct',
    vpn: 'VPN',
    tunnel: 'tunnel',
    relay: 'relay',
  },

  topology: {
    connected: 'connected',
    connectedHint: 'Peers this machine has an open connection with',
    known: 'known',
    knownHint: 'All other nodes this machine has heard of lately',
    donating: 'donating',
    donatingHint: 'Nodes offering compute right now, this machine included',
    view: 'View',
    graph: 'Graph',
    ring: 'Ring',
    table: 'Table',
    search: 'Find a peer',
    searchPlaceholder: 'Peer id, service, place',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    fit: 'Fit all',
    ownWindow: 'Open in its own window',
    graphLabel: (nodes: number, links: number) =>
      `Network graph of ${counted(nodes, 'node', 'nodes')} and ${counted(links, 'connection', 'connections')}. ` +
      'Arrow keys move it, plus and minus zoom, Enter and Shift with an arrow key choose a node. ' +
      'The table view has the same data.',
    ringLabel: (nodes: number) =>
      `${counted(nodes, 'node', 'nodes')} by their place in the key space. The table view has the same data.`,
    legend: 'Legend',
    legendSelf: 'This machine',
    legendWorker: 'Donating',
    legendPaused: 'Paused or finishing',
    legendPeer: 'Takes part, not donating',
    legendCoordinator: 'Coordinator',
    legendSize: 'Bigger: more capable',
    legendLoad: 'Ring: how busy it is',
    legendFlash: 'Moving dot: a request',
    group: {
      title: 'Group nodes',
      byPlace: 'By place',
      byServices: 'By services',
      off: 'Off',
      groups: (count: number) => counted(count, 'group', 'groups'),
      unnamed: { place: 'No place given', services: 'No services' },
      others: { place: 'Other places', services: 'Other services' },
      nodes: (count: number) => counted(count, 'node', 'nodes'),
      donating: (count: number) => `${formatCount(count)} donating`,
      connections: (count: number) => counted(count, 'connection', 'connections'),
    },
    legendGroup: 'A group; click to open',
    thisMachine: 'This machine',
    empty: 'No peers yet',
    emptyHint: 'Other nodes on your local network appear here by themselves within seconds.',
    emptySearch: 'Nothing matches',
    loading: 'Looking at the network…',
    role: { peer: 'Peer', worker: 'Worker', coordinator: 'Coordinator' },
    state: { donating: 'Donating', paused: 'Paused', draining: 'Finishing', left: 'Left' },
    notDonating: 'Not donating',
    columns: {
      peer: 'Peer',
      role: 'Role',
      state: 'State',
      path: 'Path',
      latency: 'Latency',
      load: 'Load',
      services: 'Services',
      location: 'Place',
      lastSeen: 'Last seen',
    },
    tableLabel: 'Nodes of the network',
    close: 'Close details',
    details: 'Details',
    copyPeerId: 'Copy peer id',
    noPath: 'Not connected',
    capability: 'Machine',
    machine: (threads: number, memoryMiB: number) =>
      `${counted(threads, 'thread', 'threads')}, ${formatMebibytes(memoryMiB)}`,
    noServices: 'None',
    load: (share: number) => `${formatShare(share)} busy`,
    edge: (from: string, to: string) => `${from} – ${to}`,
    unknown: 'Unknown',
  },

  logs: {
    levels: 'Levels',
    level: { debug: 'Debug', info: 'Info', warn: 'Warning', error: 'Error' },
    component: 'Component',
    allComponents: 'All components',
    search: 'Search',
    searchPlaceholder: 'Search messages and details',
    follow: 'Follow',
    copy: 'Copy',
    export: 'Export',
    shown: (shown: number, total: number) =>
      shown === total ? counted(total, 'entry', 'entries') : `${formatCount(shown)} of ${formatCount(total)} entries`,
    tableLabel: 'Log entries',
    columns: { time: 'Time', level: 'Level', component: 'Component', message: 'Message' },
    empty: 'Nothing logged yet',
    emptyHint: 'New entries appear here as they are written.',
    noMatch: 'No entry matches',
    noMatchHint: 'Try other levels, another component or fewer words.',
    clearFilters: 'Clear filters',
    entryTitle: (time: number) => `Entry of ${formatClock(time)}`,
    closeEntry: 'Close entry',
    noDetails: 'No further details',
    exportName: 'rma-donor-logs',
  },

  appearance: {
    open: 'Appearance and about',
    theme: 'Theme',
    system: 'System',
    light: 'Light',
    dark: 'Dark',
    failed: 'The theme was not changed',
    about: 'About',
    version: (version: string) => `Version ${version}`,
    aboutText: 'Spare computer time for a charity’s documents, from peer to peer.',
  },

  count: { requests, peers },
  copy: {
    done: 'Copied',
    failed: 'Could not copy. Select the text and copy it with the keyboard.',
  },
  clearSearch: 'Clear search',
  self: 'this machine',
}
