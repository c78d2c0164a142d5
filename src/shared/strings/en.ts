/**
 * What the window, the tray and the terminal say alike. ICU MessageFormat; docs/decisions names the reasons, CONTRIBUTING.md
 * says how to add a message.
 */
export const en = {
  services: {
    ocr: 'Read documents',
    'ner-extraction': 'Find names and dates',
    'llm-inference': 'Answer prompts',
    'vision-ocr': 'Read difficult scans',
  },
  activity: {
    starting: 'Starting…',
    off: 'Off: nothing runs for others',
    paused: 'Paused until you resume',
    pausedUntil: 'Paused until {time}',
    pausedFor: 'Paused until {time}, {left} left',
    /** While the processor goes on. */
    gpu: {
      paused: 'Graphics cards are paused until you resume them',
      pausedUntil: 'Graphics cards are paused until {time}',
      pausedFor: 'Graphics cards are paused until {time}, {left} left',
    },
    left: {
      hours: '{hours, number} h {minutes, number} min',
      minutes: '{minutes, number} min {seconds, number} s',
      seconds: '{seconds, number} s',
    },
    waiting: 'Waiting: {reason}',
    waitingUntil: 'Waiting: {reason}, until {time}',
    waitingFor: 'Waiting: {reason}, until {time}, {left} left',
    finishingThenWaiting: 'Finishing {jobs, plural, one {# request} other {# requests}}, then waiting: {reason}',
    time: '{at, time, ::HHmm}',
    day: '{at, date, ::EEEHHmm}',
    date: '{at, date, ::dMMMHHmm}',
    noService: 'Waiting: no service can run on this machine yet',
    alone: 'No network: 0 peers',
    aloneNextTry: 'No network: 0 peers, next try in {seconds, number} s',
    aloneTrying: 'No network: 0 peers, trying now…',
    readyFirst: 'Ready: no requests yet',
    ready: 'Ready: waiting for the next request',
    working: 'Working on {jobs, plural, one {# request} other {# requests}}',
    stopping: 'Stopping…',
    finishing: 'Finishing {jobs, plural, one {# request} other {# requests}}, then stopping',
    /** Each reads on after “Waiting: ”. */
    reasons: {
      clear: 'nothing is against working',
      anyway: 'working although your rules would hold it',
      off: 'Donate Compute is off',
      finishing: 'you asked to stop when all is finished',
      paused: 'you have paused it',
      gpuPaused: 'you have paused graphics cards',
      onBattery: 'on battery',
      onBatteryAt: 'on battery ({charge, number, percent})',
      batteryLow: 'battery at {charge, number, percent}, resumes at {resumesAt, number, percent}',
      inUse: 'you are using the computer (idle {idle, number} of {needed, number} min)',
      otherPrograms: 'other programs need the processor ({cpu, number, percent}, more than {limit, number, percent})',
      schedule: 'outside the hours you set',
      hot: '{part, select, cpu {processor} other {GPU}} at {celsius, number, integer} °C, resumes below {resumesBelow, number, integer} °C',
      memory: 'not enough memory is free ({allowed}, a request takes {needed})',
      vram: 'the graphics card is full ({free} free, {kept} are kept for you)',
      metered: 'this connection is metered',
      dataUsed: 'this month’s data is used up ({used} of {limit})',
      program: '{name} is running',
      mib: '{amount, number, integer} MiB',
      gib: '{amount, number, ::.0} GiB',
    },
  },
  /** What was found out about a node's place in its network, and what to do about it. */
  findings: {
    connected: 'Connected to {peers, plural, one {# node} other {# nodes}}.',
    alone: 'No other node answers.',
    tried: {
      failed: 'Tried {source}: {failure}.',
      none: 'Tried {source}: there are none.',
      answered: 'Tried {source}: {reached, number} of {offered, plural, one {# address} other {# addresses}} answered.',
    },
    mdnsOn:
      'Nodes on the same local network are found by themselves, unless the router or a firewall keeps multicast back.',
    mdnsOff: 'Looking on the local network is switched off (Settings, “Look on the local network”, or --no-mdns).',
    tryingNow: 'Trying now.',
    nextTry: 'Next try in {seconds, number} s.',
    nowhere:
      'There is nobody to ask: no seeds are set, no node is known from before, and looking on the local network is off.',
    giveSeed: 'Name a node under Settings, “Nodes to ask first” (--seed), or switch on “Look on the local network”.',
    thisMachineOnly: 'Only programs on this machine can reach this node ({addresses}).',
    noAddress: 'no address',
    listenElsewhere: 'Listen on the machine’s own addresses: Settings, “Listen on” (--listen 0.0.0.0).',
    localNetworkOnly: 'Nodes on the same local network or VPN can reach this one; those on the internet cannot.',
    public: 'Everybody can reach this node: it has a public address.',
    mapped: 'Everybody can reach this node: the router lets others through to it.',
    relayed:
      'A router stands between this node and the others, who reach it through {relays, plural, one {# relay} other {# relays}}. That is slower.',
    unreachable: 'Others cannot reach this node, and no relay has taken it yet. One is looked for by itself.',
    forwardPort:
      'For a direct path: forward TCP port {port} to this machine in the router, let a firewall here pass it, and name the address (--announce).',
    tunnelOrVpn: 'Or open a tunnel, or join the VPN of the network, where it has one.',
    portMapped: 'The router forwards port {port} to this machine, as this node asked it to.',
    portTakenBack: 'It is asked to stop when the node does.',
    portUnproven: 'Nobody has come through it yet, so it is not announced. Others are asked to try.',
    portRefused:
      'The router does not forward a port to this node: {why}. Allow UPnP or NAT-PMP in the router to have it done by itself.',
    doubleNat:
      'The router stands behind another one (its own address is {externalIp}), so no port of it can be reached from the internet. Ask the provider for a public address, or use a tunnel or the VPN.',
    firewallBlocks: 'Windows’ firewall keeps other nodes from this one: a rule blocks this program.',
    allowInWindows:
      'To change that: Windows Security, Firewall & network protection, Allow an app through firewall, RMA Donor, Private.',
    nobodyCame:
      'In {minutes, plural, one {# minute} other {# minutes}} no other node has come to this one by itself. A firewall on this machine may keep them out.',
    openFirewall: 'If there is one, let it pass TCP port {port}.',
    noRouter: 'No router here takes requests for ports (UPnP, NAT-PMP): many have it switched off.',
    portOpen: 'Port {port} is open for {use, select, nodes {other nodes} other {programs on this machine}}.',
    portTaken:
      'Port {wanted} was taken by another program, so {use, select, nodes {other nodes} other {programs on this machine}} use {port}.',
    clockRight: 'The clock agrees with {groups, plural, one {# other machine} other {# other machines}}.',
    clockUnknown:
      'Whether the clock is right cannot be told yet: that takes three other machines, heard from so far: {groups, number}.',
    clockWrong:
      'The clock is {amount} {way, select, slow {slow} other {fast}}. The node corrects for it, but set the system’s clock.',
    seconds: '{count, number} s',
    minutes: '{count, number} min',
    member: 'This node is a member of its network until {until, date, ::yyyyMMdd}.',
    renewalFailed: 'Its certificate could not be renewed so far: {failure}. It is tried again by itself.',
    noMember: {
      expired:
        'This node’s certificate has ended, so the others no longer speak with it. It asks for a new one by itself.',
      pending: 'The operator of the network has yet to approve this node; until then the others do not speak with it.',
      outside:
        'This node is no member of its network, so the others do not speak with it. Join with an invite: rma-donor join.',
    },
    requestFailed: 'The last request for a certificate failed: {failure}.',
    tunnel: {
      off: 'There is no tunnel to this node.',
      starting: 'A tunnel to this node is being made.',
      connecting: 'The tunnel {url} does not lead to this node yet.',
      ready: 'Others reach this node through the tunnel {url}.',
      failed: 'The tunnel does not work: {why}.',
      nextTry: 'Next try in {seconds, number} s.',
      notInstalled: 'The tunnel needs cloudflared, which is not installed.',
      install:
        'Install it, or let this node download it: with the button on the page Network, or rma-donor tunnel install.',
      switchAgain: 'It is not tried again as it is set up now: change that, and switch it off and on.',
    },
    vpn: {
      off: 'The VPN is off.',
      lost: {
        expired: 'The others in the VPN no longer speak with this node: its certificate has ended.',
        blocked: 'The others in the VPN no longer speak with this node: its certificate was taken back.',
      },
      waiting: 'The VPN waits for a coordinator to give this node an address.',
      starting: 'The VPN is starting as {ip}.',
      ready: 'Members of the VPN reach this node at {ip}.',
      failed: 'The VPN does not run: {why}.',
      nextTry: 'Next try in {seconds, number} s.',
      unavailable: {
        'open-network': 'The VPN is switched on, but a network that everybody may join has none.',
        'not-installed': 'The VPN needs Nebula, which is not installed.',
        'config-refused': 'Nebula refuses the configuration that this node writes for it.',
        'no-privilege': 'The VPN may not have a network card on this machine.',
      },
      todo: 'To have it, {todo}.',
    },
    announced:
      'Other nodes can find this one: its offer is listed in {registrars, plural, one {# place} other {# places}}.',
    notAnnounced: 'This node’s offer is not listed anywhere yet, so nobody can find it. It is offered again by itself.',
  },
} as const
