import type { Translation } from './catalogue.ts'
import type { en } from './en.ts'

export const de: Translation<typeof en> = {
  services: {
    ocr: 'Dokumente lesen',
    'ner-extraction': 'Namen und Daten finden',
    'llm-inference': 'Eingaben beantworten',
    'vision-ocr': 'Schwierige Scans lesen',
  },
  activity: {
    starting: 'Startet …',
    off: 'Aus: Für andere läuft nichts',
    paused: 'Pausiert, bis Sie fortsetzen',
    pausedUntil: 'Pausiert bis {time}',
    pausedFor: 'Pausiert bis {time}, noch {left}',
    gpu: {
      paused: 'Grafikkarten sind pausiert, bis Sie sie fortsetzen',
      pausedUntil: 'Grafikkarten sind bis {time} pausiert',
      pausedFor: 'Grafikkarten sind bis {time} pausiert, noch {left}',
    },
    left: {
      hours: '{hours, number} Std. {minutes, number} Min.',
      minutes: '{minutes, number} Min. {seconds, number} s',
      seconds: '{seconds, number} s',
    },
    waiting: 'Wartet: {reason}',
    waitingUntil: 'Wartet: {reason}, bis {time}',
    waitingFor: 'Wartet: {reason}, bis {time}, noch {left}',
    finishingThenWaiting: 'Schließt {jobs, plural, one {# Anfrage} other {# Anfragen}} ab und wartet dann: {reason}',
    time: '{at, time, ::HHmm}',
    day: '{at, date, ::EEEHHmm}',
    date: '{at, date, ::dMMMHHmm}',
    noService: 'Wartet: Auf diesem Rechner kann noch kein Dienst laufen',
    alone: 'Kein Netz: 0 Knoten',
    aloneNextTry: 'Kein Netz: 0 Knoten, nächster Versuch in {seconds, number} s',
    aloneTrying: 'Kein Netz: 0 Knoten, neuer Versuch läuft …',
    readyFirst: 'Bereit: noch keine Anfragen',
    ready: 'Bereit: wartet auf die nächste Anfrage',
    working: 'Bearbeitet {jobs, plural, one {# Anfrage} other {# Anfragen}}',
    stopping: 'Hält an …',
    finishing: 'Schließt {jobs, plural, one {# Anfrage} other {# Anfragen}} ab und hält dann an',
    reasons: {
      clear: 'nichts spricht gegen das Arbeiten',
      anyway: 'arbeitet, obwohl Ihre Regeln es aufhalten würden',
      off: 'Rechenzeit spenden ist aus',
      finishing: 'Sie möchten aufhören, sobald alles fertig ist',
      paused: 'Sie haben pausiert',
      gpuPaused: 'Sie haben die Grafikkarten pausiert',
      onBattery: 'Akkubetrieb',
      onBatteryAt: 'Akkubetrieb ({charge, number, percent})',
      batteryLow: 'Akku bei {charge, number, percent}, weiter ab {resumesAt, number, percent}',
      inUse: 'Sie benutzen den Rechner (seit {idle, number} von {needed, number} Min. unbenutzt)',
      otherPrograms:
        'andere Programme brauchen den Prozessor ({cpu, number, percent}, mehr als {limit, number, percent})',
      schedule: 'außerhalb der von Ihnen gewählten Zeiten',
      hot: '{part, select, cpu {Prozessor} other {Grafikkarte}} bei {celsius, number, integer} °C, weiter unter {resumesBelow, number, integer} °C',
      memory: 'zu wenig Arbeitsspeicher frei ({allowed}, eine Anfrage braucht {needed})',
      vram: 'die Grafikkarte ist voll ({free} frei, {kept} bleiben Ihnen vorbehalten)',
      metered: 'diese Verbindung wird nach Datenmenge abgerechnet',
      dataUsed: 'das Datenvolumen dieses Monats ist aufgebraucht ({used} von {limit})',
      program: '{name} läuft',
      mib: '{amount, number, integer} MiB',
      gib: '{amount, number, ::.0} GiB',
    },
  },
  findings: {
    connected: 'Mit {peers, plural, one {# Knoten} other {# Knoten}} verbunden.',
    alone: 'Kein anderer Knoten antwortet.',
    tried: {
      failed: 'Versucht: {source}: {failure}.',
      none: 'Versucht: {source}: Es gibt keine.',
      answered:
        'Versucht: {source}: {reached, number} von {offered, plural, one {# Adresse hat} other {# Adressen haben}} geantwortet.',
    },
    mdnsOn:
      'Knoten im selben lokalen Netz werden von selbst gefunden, sofern nicht der Router oder eine Firewall Multicast zurückhält.',
    mdnsOff: 'Die Suche im lokalen Netz ist abgeschaltet (Einstellungen, „Im lokalen Netz suchen“, oder --no-mdns).',
    tryingNow: 'Ein Versuch läuft.',
    nextTry: 'Nächster Versuch in {seconds, number} s.',
    nowhere:
      'Es gibt niemanden zu fragen: Keine Startknoten sind gesetzt, keiner ist von früher bekannt, und die Suche im lokalen Netz ist aus.',
    giveSeed:
      'Nennen Sie einen Knoten unter Einstellungen, „Knoten, die zuerst gefragt werden“ (--seed), oder schalten Sie „Im lokalen Netz suchen“ ein.',
    thisMachineOnly: 'Nur Programme auf diesem Rechner können diesen Knoten erreichen ({addresses}).',
    noAddress: 'keine Adresse',
    listenElsewhere:
      'Lauschen Sie auf den eigenen Adressen des Rechners: Einstellungen, „Lauschen auf“ (--listen 0.0.0.0).',
    localNetworkOnly:
      'Knoten im selben lokalen Netz oder VPN können diesen erreichen; solche aus dem Internet können es nicht.',
    public: 'Alle können diesen Knoten erreichen: Er hat eine öffentliche Adresse.',
    mapped: 'Alle können diesen Knoten erreichen: Der Router lässt andere zu ihm durch.',
    relayed:
      'Zwischen diesem Knoten und den anderen steht ein Router. Sie erreichen ihn über {relays, plural, one {# Relais} other {# Relais}}. Das ist langsamer.',
    unreachable:
      'Andere können diesen Knoten nicht erreichen, und noch hat ihn kein Relais angenommen. Gesucht wird von selbst.',
    forwardPort:
      'Für einen direkten Weg: Leiten Sie im Router TCP-Port {port} an diesen Rechner weiter, lassen Sie ihn durch die Firewall hier, und nennen Sie die Adresse (--announce).',
    tunnelOrVpn: 'Oder öffnen Sie einen Tunnel, oder treten Sie dem VPN des Netzes bei, wo es eines hat.',
    portMapped: 'Der Router leitet Port {port} an diesen Rechner weiter, wie dieser Knoten ihn gebeten hat.',
    portTakenBack: 'Wenn der Knoten endet, nimmt er die Bitte zurück.',
    portUnproven:
      'Noch ist niemand hindurchgekommen, deshalb wird er nicht angekündigt. Andere werden gebeten, es zu versuchen.',
    portRefused:
      'Der Router leitet diesem Knoten keinen Port weiter: {why}. Erlauben Sie im Router UPnP oder NAT-PMP, damit es von selbst geschieht.',
    doubleNat:
      'Der Router steht selbst hinter einem anderen (seine eigene Adresse ist {externalIp}), deshalb ist kein Port von ihm aus dem Internet erreichbar. Bitten Sie den Anbieter um eine öffentliche Adresse, oder nutzen Sie einen Tunnel oder das VPN.',
    firewallBlocks: 'Die Firewall von Windows hält andere Knoten von diesem fern: Eine Regel sperrt dieses Programm.',
    allowInWindows:
      'So ändern Sie das: Windows-Sicherheit, Firewall- und Netzwerkschutz, Zugriff von App durch Firewall zulassen, RMA Donor, Privat.',
    nobodyCame:
      'Seit {minutes, plural, one {# Minute} other {# Minuten}} ist kein anderer Knoten von sich aus zu diesem gekommen. Vielleicht hält eine Firewall auf diesem Rechner sie fern.',
    openFirewall: 'Falls es eine gibt: Lassen Sie sie TCP-Port {port} durchlassen.',
    noRouter: 'Kein Router hier nimmt Bitten um Ports entgegen (UPnP, NAT-PMP): Bei vielen ist das abgeschaltet.',
    portOpen: 'Port {port} ist offen für {use, select, nodes {andere Knoten} other {Programme auf diesem Rechner}}.',
    portTaken:
      'Port {wanted} war von einem anderen Programm belegt, darum benutzen {use, select, nodes {andere Knoten} other {Programme auf diesem Rechner}} {port}.',
    clockRight: 'Die Uhr stimmt mit {groups, plural, one {# anderem Rechner} other {# anderen Rechnern}} überein.',
    clockUnknown:
      'Ob die Uhr richtig geht, ist noch nicht zu sagen: Dazu braucht es drei andere Rechner, bisher gehört: {groups, number}.',
    clockWrong:
      'Die Uhr geht {amount} {way, select, slow {nach} other {vor}}. Der Knoten gleicht das aus, aber stellen Sie die Uhr des Systems.',
    seconds: '{count, number} s',
    minutes: '{count, number} Min.',
    member: 'Dieser Knoten ist Mitglied seines Netzes bis {until, date, ::yyyyMMdd}.',
    renewalFailed:
      'Sein Zertifikat konnte bisher nicht erneuert werden: {failure}. Es wird von selbst wieder versucht.',
    noMember: {
      expired:
        'Das Zertifikat dieses Knotens ist abgelaufen, daher sprechen die anderen nicht mehr mit ihm. Er bittet von selbst um ein neues.',
      pending:
        'Der Betreiber des Netzes muss diesem Knoten noch zustimmen; bis dahin sprechen die anderen nicht mit ihm.',
      outside:
        'Dieser Knoten ist kein Mitglied seines Netzes, daher sprechen die anderen nicht mit ihm. Treten Sie mit einer Einladung bei: rma-donor join.',
    },
    requestFailed: 'Die letzte Bitte um ein Zertifikat ist fehlgeschlagen: {failure}.',
    tunnel: {
      off: 'Zu diesem Knoten führt kein Tunnel.',
      starting: 'Ein Tunnel zu diesem Knoten wird aufgebaut.',
      connecting: 'Der Tunnel {url} führt noch nicht zu diesem Knoten.',
      ready: 'Andere erreichen diesen Knoten durch den Tunnel {url}.',
      failed: 'Der Tunnel geht nicht: {why}.',
      nextTry: 'Nächster Versuch in {seconds, number} s.',
      notInstalled: 'Der Tunnel braucht cloudflared, und das ist nicht installiert.',
      install:
        'Installieren Sie es, oder lassen Sie diesen Knoten es herunterladen: mit dem Knopf auf der Seite Netz oder mit rma-donor tunnel install.',
      switchAgain:
        'So, wie er eingerichtet ist, wird er nicht wieder versucht: Ändern Sie das, und schalten Sie ihn aus und ein.',
    },
    vpn: {
      off: 'Das VPN ist aus.',
      lost: {
        expired: 'Die anderen im VPN sprechen nicht mehr mit diesem Knoten: Sein Zertifikat ist abgelaufen.',
        blocked: 'Die anderen im VPN sprechen nicht mehr mit diesem Knoten: Sein Zertifikat wurde zurückgenommen.',
      },
      waiting: 'Das VPN wartet, bis ein Koordinator diesem Knoten eine Adresse gibt.',
      starting: 'Das VPN startet als {ip}.',
      ready: 'Mitglieder des VPN erreichen diesen Knoten unter {ip}.',
      failed: 'Das VPN läuft nicht: {why}.',
      nextTry: 'Nächster Versuch in {seconds, number} s.',
      unavailable: {
        'open-network': 'Das VPN ist eingeschaltet, aber ein Netz, dem alle beitreten dürfen, hat keines.',
        'not-installed': 'Das VPN braucht Nebula, und das ist nicht installiert.',
        'config-refused': 'Nebula weist die Konfiguration zurück, die dieser Knoten ihm schreibt.',
        'no-privilege': 'Das VPN darf auf diesem Rechner keine Netzwerkkarte haben.',
      },
      todo: 'Was zu tun ist: {todo}.',
    },
    announced:
      'Andere Knoten können diesen finden: Sein Angebot ist an {registrars, plural, one {# Stelle} other {# Stellen}} verzeichnet.',
    notAnnounced:
      'Das Angebot dieses Knotens ist noch nirgends verzeichnet, also kann ihn niemand finden. Es wird von selbst wieder angeboten.',
  },
}
