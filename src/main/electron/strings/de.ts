import type { Translation } from '../../../shared/strings/catalogue.ts'
import { de as shared } from '../../../shared/strings/de.ts'
import type { en } from './en.ts'

export const de: Translation<typeof en> = {
  appName: 'RMA Donor',
  activity: shared.activity,
  failed: 'Der Knoten konnte nicht starten',
  stopping: 'Wird angehalten…',
  quitting: '{jobs, plural, one {# Anfrage wird} other {# Anfragen werden}} noch beantwortet, dann endet das Programm',
  services: shared.services,
  notices: {
    engineFailed: '„{service}“ funktioniert nicht. Das Protokoll sagt, warum.',
    membershipExpired:
      'Das Zertifikat dieses Rechners ist abgelaufen, daher spricht sein Netz nicht mehr mit ihm. Er bittet von selbst um ein neues.',
    ledgerUnwritable: 'Was Sie geben, kann nicht aufgeschrieben werden. Ist die Festplatte voll?',
    finished: 'Alle Arbeit ist getan, und das Spenden ist aus.',
    updateReady: 'Version {version} ist bereit. Sie wird installiert, sobald keine Anfrage mehr beantwortet wird.',
    updateForOwner: 'Version {version} ist bereit. Die Installation fragt nach Ihrem Passwort.',
  },
  report: {
    copied: 'Der Bericht ist in der Zwischenablage',
    detail:
      'Er enthält Versionen, Einstellungen, was der Knoten tut und die letzten Zeilen des Protokolls; keine Schlüssel, Tokens oder Dokumente. Lesen Sie ihn, bevor Sie ihn versenden.',
  },
  safeMode: {
    question: 'RMA Donor konnte dreimal nicht starten',
    detail:
      'Im abgesicherten Modus startet das Programm mit Standardeinstellungen: Es spendet nicht, benutzt keine Tunnel und nimmt am lokalen Netz teil. Ihre eigenen Einstellungen bleiben, wie sie sind, und was Sie ändern, gilt nicht für den nächsten Start.',
    safe: 'Abgesichert starten',
    usual: 'Wie sonst starten',
    quit: 'Beenden',
  },
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
    resumeGpuUntil: 'Grafikkarte fortsetzen (bis {time} pausiert)',
    finish: 'Laufende Arbeit abschließen, dann anhalten',
    openDashboard: 'Übersicht öffnen',
    topologyWindow: 'Topologie',
    topology: 'Topologie ({nodes, number})',
    services: 'Dienste',
    settings: 'Einstellungen',
    logs: 'Protokoll',
    checkForUpdates: 'Nach Aktualisierungen suchen',
    checkingForUpdates: 'Aktualisierungen werden gesucht…',
    loadingUpdate: 'Version {version} wird geladen: {share, number, ::percent}',
    installUpdate: 'Mit Version {version} neu starten',
    updatesOff: {
      'not-installed': 'Aktualisierungen: nicht für ein Programm, das aus seinen Quellen läuft',
      'no-server': 'Aktualisierungen: für diese Ausgabe gibt es keinen Server',
    },
    safeMode: 'Abgesicherter Modus: Standardeinstellungen, nichts wird behalten',
    quitNow: 'Beenden, ohne zu warten',
    help: 'Hilfe',
    copyReport: 'Bericht für die Unterstützung kopieren',
    openLogFolder: 'Ordner mit Protokolldateien öffnen',
    quit: 'Anhalten und beenden',
    file: 'Datei',
    edit: 'Bearbeiten',
    view: 'Ansicht',
    window: 'Fenster',
  },
  firewall: {
    unasked: {
      message: 'Windows fragt gleich nach Netzen',
      detail:
        'Andere Knoten erreichen diesen Rechner nur, wenn Windows sie lässt. Wählen Sie „Zulassen“ für private Netze, wenn es fragt. Lehnen Sie ab, kann dieser Rechner weiter andere fragen und über einen Koordinator geben.',
    },
    blocked: {
      message: 'Windows hält andere Knoten von diesem Rechner fern',
      detail:
        'Die Firewall hat eine Regel, die RMA Donor sperrt; so eine entsteht, wenn ihre Frage abgelehnt wird. Ändern lässt sich das unter Windows-Sicherheit, Firewall- und Netzwerkschutz, Zugriff von App durch Firewall zulassen, RMA Donor, Privat.',
    },
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
