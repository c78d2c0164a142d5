import { en as shared } from '../../../shared/strings/en.ts'

/** Every word the shell says by itself; the pages have their own. ICU MessageFormat. */
export const en = {
  appName: 'RMA Donor',
  activity: shared.activity,
  failed: 'The node could not start',
  stopping: 'Stopping…',
  quitting: 'Finishing {jobs, plural, one {# request} other {# requests}}, then quitting',
  services: shared.services,
  notices: {
    engineFailed: '“{service}” does not work. The logs say why.',
    membershipExpired:
      'This machine’s certificate has ended, so its network no longer speaks with it. It asks for a new one by itself.',
    ledgerUnwritable: 'What you give cannot be written down. Is the disk full?',
    finished: 'All work is finished, and donating is off.',
    updateReady: 'Version {version} is ready. It is installed once no request is being answered.',
    updateForOwner: 'Version {version} is ready. Installing it asks for your password.',
  },
  report: {
    copied: 'The report is on the clipboard',
    detail:
      'It holds versions, settings, what the node does and its last log lines; no keys, tokens or documents. Read it before you send it.',
  },
  safeMode: {
    question: 'RMA Donor has failed to start three times',
    detail:
      'In safe mode it starts with default settings: it does not donate, uses no tunnels and joins the local network. Your own settings stay as they are, and nothing you change counts for the next start.',
    safe: 'Start in safe mode',
    usual: 'Start as usual',
    quit: 'Quit',
  },
  menu: {
    donate: 'Donate Compute',
    pauseFor: 'Pause for',
    workAnywayFor: 'Work anyway for',
    minutes: '{count, number} min',
    hours: '{count, number} h',
    untilResumed: 'Until I resume',
    resume: 'Resume',
    followRules: 'Follow my rules',
    pauseGpu: 'Pause GPU',
    resumeGpu: 'Resume GPU',
    resumeGpuUntil: 'Resume GPU (paused until {time})',
    finish: 'Finish current work, then stop',
    openDashboard: 'Open dashboard',
    topologyWindow: 'Topology',
    topology: 'Topology ({nodes, number})',
    services: 'Services',
    settings: 'Settings',
    logs: 'Logs',
    checkForUpdates: 'Check for updates',
    checkingForUpdates: 'Looking for updates…',
    loadingUpdate: 'Loading version {version}: {share, number, ::percent}',
    installUpdate: 'Restart with version {version}',
    updatesOff: {
      'not-installed': 'Updates: not for an app run from its sources',
      'no-server': 'Updates: this build has no server for them',
    },
    safeMode: 'Safe mode: default settings, nothing is kept',
    quitNow: 'Quit without waiting',
    help: 'Help',
    copyReport: 'Copy report for support',
    openLogFolder: 'Open folder with log files',
    quit: 'Stop and quit',
    file: 'File',
    edit: 'Edit',
    view: 'View',
    window: 'Window',
  },
  firewall: {
    unasked: {
      message: 'Windows is about to ask about networks',
      detail:
        'Other nodes reach this machine only if Windows lets them. When it asks, choose “Allow” for private networks. If you decline, this machine can still ask others, and give through a coordinator.',
    },
    blocked: {
      message: 'Windows keeps other nodes from this machine',
      detail:
        'Its firewall has a rule that blocks RMA Donor, as it makes one when its question is declined. To change that: Windows Security, Firewall & network protection, Allow an app through firewall, RMA Donor, Private.',
    },
  },
  hidden: {
    title: 'RMA Donor keeps running',
    inTray: 'Its icon in the tray opens the window again. “Stop and quit” there ends it.',
    withoutTray: 'Start the app once more to see the window again. “Stop and quit” in its File menu ends it.',
  },
  joining: {
    question: 'Join the network “{network}”?',
    warning:
      'This machine then takes part in that network instead of its present one. A link can come from anybody: join only a network whose operator you know.',
    join: 'Join',
    cancel: 'Cancel',
    done: 'This machine is a member of {network}.',
    waiting: '{network} knows of this machine; its operator has yet to approve.',
    restart: 'The app starts anew now, in that network.',
    ok: 'OK',
    failed: 'The network could not be joined',
  },
  startFailed: {
    title: 'RMA Donor could not start',
    hint: 'Nothing was changed or deleted. Correct this and start the app again.',
  },
} as const
