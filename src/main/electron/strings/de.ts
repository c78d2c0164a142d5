import type { Translation } from '../../../shared/strings/catalogue.ts'
import { de as shared } from '../../../shared/strings/de.ts'
import type { en } from './en.ts'

export const de: Translation<typeof en> = {
  appName: 'RMA Donor',
  activity: shared.activity,
  failed: 'Der Knoten konnte nicht starten',
  menu: {
    donate: 'Rechenzeit spenden',
    pauseFor: 'Pausieren für',
    workAnywayFor: 'Trotzdem arbeiten für',
    minutes: '{count, number} Min.',
    hours: '{count, number} Std.',
    untilResumed: 'Bis ich fortsetze',
    resume: 'Fortsetzen',
    followRules: 'Meine Regeln befolgen',
    pauseGpu: 'Grafikkarte pausieren',
    resumeGpu: 'Grafikkarte fortsetzen',
    finish: 'Laufende Arbeit abschließen, dann anhalten',
    openDashboard: 'Übersicht öffnen',
    topologyWindow: 'Topologie',
    topology: 'Topologie ({nodes, number})',
    logs: 'Protokoll',
    quit: 'Anhalten und beenden',
    file: 'Datei',
    edit: 'Bearbeiten',
    view: 'Ansicht',
    window: 'Fenster',
  },
  hidden: {
    title: 'RMA Donor läuft weiter',
    inTray: 'Das Symbol im Infobereich öffnet das Fenster wieder. „Anhalten und beenden“ dort beendet das Programm.',
    withoutTray:
      'Starten Sie das Programm noch einmal, um das Fenster wieder zu sehen. „Anhalten und beenden“ im Menü „Datei“ beendet es.',
  },
  joining: {
    question: 'Dem Netz „{network}“ beitreten?',
    warning:
      'Dieser Rechner nimmt dann an jenem Netz teil statt an seinem jetzigen. Ein Link kann von jedem kommen: Treten Sie nur einem Netz bei, dessen Betreiber Sie kennen.',
    join: 'Beitreten',
    cancel: 'Abbrechen',
    done: 'Dieser Rechner ist Mitglied von {network}.',
    waiting: '{network} weiß von diesem Rechner; der Betreiber muss noch zustimmen.',
    restart: 'Das Programm startet jetzt neu, in jenem Netz.',
    ok: 'OK',
    failed: 'Der Beitritt zum Netz ist fehlgeschlagen',
  },
  startFailed: {
    title: 'RMA Donor konnte nicht starten',
    hint: 'Nichts wurde geändert oder gelöscht. Beheben Sie dies und starten Sie das Programm erneut.',
  },
}
