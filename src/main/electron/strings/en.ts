import { en as shared } from '../../../shared/strings/en.ts'

/** Every word the shell says by itself; the pages have their own. ICU MessageFormat. */
export const en = {
  appName: 'RMA Donor',
  activity: shared.activity,
  failed: 'The node could not start',
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
    finish: 'Finish current work, then stop',
    openDashboard: 'Open dashboard',
    topologyWindow: 'Topology',
    topology: 'Topology ({nodes, number})',
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
