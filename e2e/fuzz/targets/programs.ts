import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { pino } from 'pino'
import { readJson } from '../../../src/main/bounded-json.ts'
import { parseSpans } from '../../../src/main/cli/schedule.ts'
import { TurnedClock } from '../../../src/main/clock.ts'
import { parseEnvironment } from '../../../src/main/config/environment.ts'
import { parseFlags } from '../../../src/main/config/node-config.ts'
import { acceptedBy } from '../../../src/main/coordinator/client/http-announcer.ts'
import { acceptedUntil } from '../../../src/main/coordinator/edge-registrar.ts'
import { redact } from '../../../src/main/diagnostics/redact.ts'
import { parseDeepLink } from '../../../src/main/electron/deep-link.ts'
import { offeredUpdateSchema, plainNotes } from '../../../src/main/electron/update-notes.ts'
import { firewallState } from '../../../src/main/firewall/windows-firewall.ts'
import { formatLogLine } from '../../../src/main/headless/console-log.ts'
import { LogBuffer } from '../../../src/main/log.ts'
import { refusalIn } from '../../../src/main/membership/enrol-way.ts'
import { gatewayOf } from '../../../src/main/port-mapping/find-routers.ts'
import { readNatPmpAnswer } from '../../../src/main/port-mapping/nat-pmp.ts'
import { RouterRefused } from '../../../src/main/port-mapping/router.ts'
import { readSearchAnswer } from '../../../src/main/port-mapping/ssdp.ts'
import { readDescription } from '../../../src/main/port-mapping/upnp.ts'
import { controllerSchema, gpusOf, plainText } from '../../../src/main/resources/gpus.ts'
import { parseNvidia } from '../../../src/main/resources/sensors/graphics.ts'
import { idleOf, parseSessions } from '../../../src/main/resources/sensors/login-sessions.ts'
import { memoryUse } from '../../../src/main/resources/sensors/memory.ts'
import { parseMetered } from '../../../src/main/resources/sensors/metered.ts'
import { parseCpuLine } from '../../../src/main/resources/sensors/other-cpu.ts'
import { parseStat } from '../../../src/main/resources/sensors/process-tree.ts'
import { gpuWorth } from '../../../src/main/routing/gpu-worth.ts'
import { particularsOf } from '../../../src/main/routing/particulars.ts'
import { documentOf } from '../../../src/main/services/document-input.ts'
import type { EngineExit, EngineProcess } from '../../../src/main/services/engine-launcher.ts'
import { EngineSession } from '../../../src/main/services/engine-session.ts'
import { createEntityEngine } from '../../../src/main/services/entities/entity-recogniser.ts'
import { chunkOf } from '../../../src/main/services/loopback/completion.ts'
import { llmInference } from '../../../src/main/services/loopback/llm-inference.ts'
import type { LoopbackEngines } from '../../../src/main/services/loopback/loopback-engines.ts'
import { eventsOf } from '../../../src/main/services/loopback/server-sent-events.ts'
import { inspectDocument } from '../../../src/main/services/ocr.ts'
import { acceptsExplicitly, mediaType } from '../../../src/main/services/request-body.ts'
import { RefusedDocument } from '../../../src/main/services/serve-engine.ts'
import { linesOf } from '../../../src/main/services/tesseract-words.ts'
import { readCloudflaredLine } from '../../../src/main/tunnels/cloudflared/cloudflared-log.ts'
import { parseVersion } from '../../../src/main/tunnels/cloudflared/program.ts'
import { pinned, releaseNames } from '../../../src/main/tunnels/cloudflared/releases.ts'
import { fileFromTgz } from '../../../src/main/tunnels/cloudflared/tar-entry.ts'
import { readNebulaLine } from '../../../src/main/tunnels/nebula/nebula-log.ts'
import { LineReader } from '../../../src/main/tunnels/sidecar/line-reader.ts'
import { RmaError } from '../../../src/shared/errors.ts'
import { safeParse } from '../../../src/shared/safe-parse.ts'
import { capabilitiesSchema } from '../../../src/shared/schema/capabilities.ts'
import { jsonForm, linesForm, variablesForm, variablesOf } from '../forms.ts'
import { bytesOf, type FuzzTarget, textOf } from '../fuzz-target.ts'

const log = pino({ level: 'silent' })
const json = (value: unknown) => bytesOf(JSON.stringify(value))
const lines = (...texts: string[]) => bytesOf(texts.join('\n'))

/** What other programs print and send, what people type, and what the node is started with. */
export async function programTargets(): Promise<FuzzTarget[]> {
  return [
    ...sidecarTargets(),
    ...(await serviceInputTargets()),
    ...engineTargets(),
    ...systemTargets(),
    ...ownerTargets(),
  ]
}

function sidecarTargets(): FuzzTarget[] {
  const cloudflared = lines(
    '{"level":"info","time":"2026-06-01T00:00:00Z","message":"Requesting new quick Tunnel on trycloudflare.com..."}',
    '{"level":"info","message":"|  https://a-b-c.trycloudflare.com  |"}',
    '{"level":"info","message":"Starting metrics server on 127.0.0.1:20241/metrics"}',
    '{"level":"error","message":"failed","error":"error code: 1015 status_code=\\"429 Too Many Requests\\""}',
    '{"level":"info","message":"Updated to new configuration","config":"{\\"ingress\\":[{\\"hostname\\":\\"donor.example.org\\"}]}"}',
    '2026-06-01T00:00:00Z INF Updated to new configuration config="{\\"ingress\\":[{\\"hostname\\":\\"donor.example.org\\"}]}"',
    '2026-06-01T00:00:00Z ERR something else',
  )
  const nebula = lines(
    '{"level":"info","msg":"Nebula interface is active","network":"10.42.1.5/16"}',
    '{"level":"fatal","msg":"Failed to get a tun/tap device","error":"operation not permitted"}',
    '{"level":"error","msg":"Remote certificate is no longer valid, tearing down the tunnel"}',
  )
  const byLine = (read: (line: string) => unknown) => (input: Uint8Array) => {
    const reader = new LineReader(read)
    for (let at = 0; at < input.length; at += 97) reader.take(input.subarray(at, at + 97))
    reader.end()
  }
  const published = {
    tag_name: '2026.8.0',
    body: Object.values(releaseNames)
      .map(name => `${name}: ${'0a'.repeat(32)}`)
      .join('\n'),
    assets: Object.values(releaseNames).map(name => ({ name, size: 40_000_000, digest: `sha256:${'0a'.repeat(32)}` })),
  }
  return [
    {
      name: 'log of cloudflared',
      covers: ['src/main/tunnels/cloudflared/cloudflared-log.ts', 'src/main/tunnels/sidecar/line-reader.ts'],
      seeds: [cloudflared],
      form: linesForm,
      words: ['Updated to new configuration config=', '.trycloudflare.com', 'https://', '"{', '}"', 'ERR', '1015'],
      parse: byLine(readCloudflaredLine),
    },
    {
      name: 'log of Nebula',
      covers: ['src/main/tunnels/nebula/nebula-log.ts', 'src/main/tunnels/sidecar/line-reader.ts'],
      seeds: [nebula],
      form: linesForm,
      parse: byLine(readNebulaLine),
    },
    {
      name: 'version of cloudflared',
      covers: ['src/main/tunnels/cloudflared/program.ts'],
      seeds: [bytesOf('cloudflared version 2026.8.0 (built 2026-08-01-1200 UTC)\n')],
      parse: input => parseVersion(textOf(input)),
    },
    {
      name: 'release to pin',
      covers: ['src/main/tunnels/cloudflared/releases.ts'],
      seeds: [json(published)],
      form: jsonForm,
      parse: input => pinned(safeJson(input)),
      // Run by a maintainer, who is told which file is in doubt.
      refuses: error =>
        error instanceof Error &&
        (error.name === 'ZodError' || /^\S+: (expected the file|the notes say)/.test(error.message)),
    },
    {
      name: 'archive of a program',
      covers: ['src/main/tunnels/cloudflared/tar-entry.ts'],
      seeds: [tar('cloudflared', 'program'), tar('./cloudflared', 'x'.repeat(700)), tar('../../etc/passwd', 'root')],
      async parse(input) {
        // Packed here: to alter what is inside reaches more than to alter the packing.
        const packed = input.length % 7 === 0 ? input : gzipSync(input, { level: 1 })
        for await (const _part of fileFromTgz(Readable.from([packed]), 'cloudflared'));
      },
    },
  ]
}

function tar(name: string, content: string): Uint8Array {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('        ', 148)
  header.write('0', 156)
  header.write('ustar\0', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512)
  body.write(content)
  return Buffer.concat([header, body, Buffer.alloc(1_024)])
}

async function serviceInputTargets(): Promise<FuzzTarget[]> {
  const entities = await createEntityEngine()
  const letter = [
    'Dear Mr John Smith, 12 High Street, Leeds LS1 4AP. Ref: AB/12345. Tel. 0113 496 0000, john@example.org.',
    'Your hearing is on 3rd June 2026 at Leeds County Court, claim no. A00LS123. You owe £1,234.56 by 12/06/2026.',
    'NI number QQ 12 34 56 C, sort code 12-34-56, account 12345678. Council tax reference 1234567890.',
  ].join('\n')
  const llm = llmInference({ check: () => undefined } as unknown as LoopbackEngines, { maxTokens: 100 })
  const refuses = (error: unknown) => error instanceof RefusedDocument
  return [
    {
      name: 'text for entities',
      covers: ['src/main/services/entities/entity-recogniser.ts', 'src/main/services/entities/find-entities.ts'],
      seeds: [bytesOf(letter)],
      words: [
        '£',
        '0',
        '1,',
        '00 ',
        '@',
        '.',
        ' of ',
        '-',
        '/',
        'Ltd ',
        'Mr ',
        'St. ',
        'Jan ',
        '(',
        'Á',
        '’',
        '\u00a0',
      ],
      parse: input => entities.run({ contentType: 'text/plain', accept: '', bytes: input }, () => undefined),
      refuses,
    },
    {
      name: 'JSON for entities',
      covers: ['src/main/services/entities/entity-recogniser.ts'],
      seeds: [json({ text: letter.slice(0, 100) })],
      form: jsonForm,
      parse: input => entities.run({ contentType: 'application/json', accept: '', bytes: input }, () => undefined),
      refuses,
    },
    {
      name: 'document before it is decoded',
      covers: [
        'src/main/services/ocr.ts',
        'src/main/services/document-input.ts',
        'src/main/services/documents/document-format.ts',
      ],
      seeds: [
        bytesOf('%PDF-1.7\n1 0 obj\n'),
        Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
        json({ document: Buffer.from('%PDF-1.7').toString('base64') }),
      ],
      form: jsonForm,
      parse(input) {
        const contentType = input[0] === 0x7b ? 'application/json' : 'application/pdf'
        const asked = { contentType, accept: textOf(input.subarray(0, 200)), bytes: input }
        inspectDocument({ ...asked, bytes: documentOf(asked) })
        return [mediaType(asked.accept), acceptsExplicitly(asked.accept, 'application/x-ndjson')]
      },
      refuses,
    },
    {
      name: 'question for a language model',
      covers: ['src/main/services/loopback/llm-inference.ts', 'src/main/routing/particulars.ts'],
      seeds: [
        json({ prompt: 'Say yes', max_tokens: 5, temperature: 0.1, stop: ['.'] }),
        json({ messages: [{ role: 'user', content: 'Say yes' }], model: 'llama', stream: true }),
      ],
      form: jsonForm,
      parse(input) {
        particularsOf({ service: 'llm-inference', contentType: 'application/json' }, { held: input })
        llm.inspect?.({ contentType: 'application/json', accept: '', bytes: input })
      },
    },
  ]
}

function engineTargets(): FuzzTarget[] {
  const reports = [
    { kind: 'ready' },
    { kind: 'part', job: 1, part: { page: 1 } },
    { kind: 'done', job: 1, result: { milliseconds: 3 }, cpuMs: 2 },
    { kind: 'refused', job: 1, code: 'BAD_INPUT', message: 'no page', details: { page: 1 }, cpuMs: 1 },
    { kind: 'threw', job: 1, error: 'TypeError', frames: ['at x'] },
  ]
  const sse = bytesOf(
    'data: {"choices":[{"delta":{"content":"yes"},"finish_reason":null}]}\n\n: comment\ndata: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}\r\n\r\ndata: [DONE]\n\n',
  )
  return [
    {
      name: 'message of an engine process',
      covers: ['src/main/services/engine-session.ts', 'src/main/services/engine-protocol.ts'],
      seeds: reports.map(json),
      form: jsonForm,
      async parse(input) {
        const engine = new PlayedEngine()
        const session = new EngineSession(
          { process: engine, clock: new TurnedClock(), log },
          { memoryMiB: 100, startMs: 1_000, stallMs: 1_000 },
        )
        const answer = session.run({ contentType: '', accept: '', bytes: new Uint8Array() }, () => undefined)
        engine.say(safeJson(input))
        if (!session.ended) session.end(ended)
        for await (const _output of answer);
      },
    },
    {
      name: 'words of a language engine',
      covers: ['src/main/services/loopback/server-sent-events.ts', 'src/main/services/loopback/completion.ts'],
      seeds: [sse],
      words: ['data:', 'data: ', '\n\n', '\r\n', '\r', '[DONE]', '{"error":{}}', '{"choices":[]}'],
      async parse(input) {
        const pieces = Readable.from([input.subarray(0, input.length / 3), input.subarray(input.length / 3)])
        for await (const data of eventsOf(pieces)) if (data !== '[DONE]') chunkOf(data)
      },
    },
    {
      name: 'table of Tesseract',
      covers: ['src/main/services/tesseract-words.ts'],
      seeds: [lines('5\t1\t1\t1\t1\t1\t10\t20\t30\t40\t96.5\tLeeds', '5\t1\t1\t1\t1\t2\t50\t20\t30\t40\t-1\tLS1')],
      form: linesForm,
      words: ['\t', '\n', '-1', 'NaN', '5\t'],
      parse: input => linesOf(textOf(input)),
    },
  ]
}

const ended = new RmaError('CANCELLED', 'the test has ended')

/** An engine process that says what a test wants. */
class PlayedEngine implements EngineProcess {
  readonly pid = 1
  #listener: (message: unknown) => void = () => undefined

  say(message: unknown): void {
    this.#listener(message)
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener
  }

  onErrorLine(): void {
    // It prints nothing.
  }

  onExit(_listener: (exit: EngineExit) => void): void {
    // It never ends by itself.
  }

  postMessage(): void {
    // It takes no orders.
  }

  kill(): void {
    // There is nothing to end.
  }
}

function systemTargets(): FuzzTarget[] {
  const card = {
    vendor: 'NVIDIA Corporation',
    model: 'GeForce RTX 4090',
    vram: 24_576,
    driverVersion: '550',
    vramDynamic: false,
  }
  return [
    {
      name: 'what the system tells',
      covers: [
        'src/main/resources/sensors/graphics.ts',
        'src/main/resources/sensors/login-sessions.ts',
        'src/main/resources/sensors/memory.ts',
        'src/main/resources/sensors/metered.ts',
        'src/main/resources/sensors/other-cpu.ts',
        'src/main/resources/sensors/process-tree.ts',
      ],
      seeds: [
        lines('GPU-aa, NVIDIA H200, 61, 42, 20000, 24000', 'GPU-bb, NVIDIA T4, [N/A], [N/A], 1024, 15360'),
        lines('Seat=seat0', 'Type=wayland', 'IdleHint=no', 'IdleSinceHint=1780000000000000', '', 'Seat=', 'Type=tty'),
        lines('MemTotal:       16314704 kB', 'MemAvailable:    9012340 kB'),
        bytesOf('cpu  74608 2520 24433 1117073 6176 4054 0 0 0 0\n'),
        bytesOf('123 (a (b) c) S 1 1 1 0 -1 4194560 1 0 0 0 10 20 30 40 20 0 1 0 100 1000000 250 1\n'),
        bytesOf('GENERAL.METERED:yes (guessed)\n'),
      ],
      form: linesForm,
      parse(input) {
        const text = textOf(input)
        return [
          parseNvidia(text, text, new Set([100])),
          idleOf(parseSessions(text), 1_780_000_000_000),
          memoryUse(text, 1),
          parseMetered(text),
          parseCpuLine(text),
          parseStat(text),
        ]
      },
    },
    {
      name: 'graphics cards',
      covers: [
        'src/main/resources/gpus.ts',
        'src/main/resources/hardware.ts',
        'src/main/routing/gpu-worth.ts',
        'src/main/routing/gpu-name.ts',
      ],
      seeds: [json([card, { ...card, vendor: 'AMD', model: 'Radeon RX 7900 XTX', vram: null }])],
      form: jsonForm,
      words: ['RTX', ' 4090', ' Laptop GPU', 'A100', '80GB', '(', 'Ti', '\u0000'],
      parse(input) {
        const said = safeJson(input)
        gpusOf((Array.isArray(said) ? said : [said]).flatMap(each => safeParse(controllerSchema, each).data ?? []))
        const { gpus = [] } = safeParse(capabilitiesSchema.partial(), { gpus: said }).data ?? {}
        for (const gpu of gpus) gpuWorth(gpu, 16_384)
        return plainText(textOf(input))
      },
    },
    {
      name: 'words of a router',
      covers: [
        'src/main/port-mapping/upnp.ts',
        'src/main/port-mapping/ssdp.ts',
        'src/main/port-mapping/nat-pmp.ts',
        'src/main/port-mapping/find-routers.ts',
      ],
      seeds: [
        bytesOf(
          '<root><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType><controlURL>/ctl?a&amp;b</controlURL></service></root>',
        ),
        bytesOf('<service>'.repeat(7_000)),
        bytesOf(
          'HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nLOCATION: http://192.168.1.1:5000/d.xml\r\n\r\n',
        ),
        Buffer.from('008000000000000ac0000201', 'hex'),
        Buffer.from('00820000000000 0a 20fb 20fb 00000e10'.replaceAll(' ', ''), 'hex'),
        lines('Iface\tDestination\tGateway', 'eth0\t00000000\t0101A8C0\t0003', 'eth0\t0001A8C0\t00000000\t0001'),
      ],
      words: ['<service>', '</service>', '<controlURL>', 'http://', 'LOCATION: ', '\r\n'],
      parse(input) {
        const text = textOf(input)
        return [
          readDescription(text, new URL('http://192.168.1.1:5000/d.xml')),
          readSearchAnswer(text, '192.168.1.1'),
          gatewayOf('192.168.1.5', text),
          readNatPmpAnswer(0, Buffer.from(input)),
          readNatPmpAnswer(2, Buffer.from(input)),
        ]
      },
      refuses: error => error instanceof RouterRefused,
    },
    {
      name: 'rules of the Windows firewall',
      covers: ['src/main/firewall/windows-firewall.ts'],
      seeds: [
        json([{ Action: 'Allow', Direction: 'Inbound', Enabled: 'True' }]),
        json({ Action: 'Block', Direction: 'Inbound', Enabled: 'True' }),
      ],
      form: jsonForm,
      parse: input => firewallState(textOf(input)),
      // The caller takes any failure for "cannot be told".
      refuses: error => error instanceof Error && ['ZodError', 'SyntaxError'].includes(error.name),
    },
    {
      name: 'update that is offered',
      covers: ['src/main/electron/update-notes.ts', 'src/main/electron/updater.ts'],
      seeds: [
        json({ version: '1.2.3', releaseNotes: '<h2>New</h2><ul><li>One &amp; two</li></ul><script>x</script>' }),
        json({ version: '1.2.3', releaseNotes: [{ version: '1.2.2', note: 'text' }] }),
      ],
      form: jsonForm,
      words: ['<script', '</script>', '<li', '<', '>', '&lt;', '<style ', '\n\n\n'],
      parse(input) {
        const offered = safeParse(offeredUpdateSchema, safeJson(input))
        return offered.success ? plainNotes(offered.data.releaseNotes) : undefined
      },
    },
    {
      name: 'answer over HTTP',
      covers: [
        'src/main/bounded-json.ts',
        'src/main/coordinator/client/http-announcer.ts',
        'src/main/coordinator/edge-registrar.ts',
      ],
      seeds: [
        json({ expires_at: 1_700_000_000_000, accepted: true }),
        json({ worker_id: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp', expires_at: 1_700_000_000_000 }),
        json({ error: { code: 'QUOTA_EXCEEDED', message: 'too many', details: { retryAfterMs: 1_000 } } }),
      ],
      form: jsonForm,
      async parse(input) {
        const answer = await readJson(new Response(Buffer.from(input)), { maxBytes: 4_096, from: 'a coordinator' })
        const of = { ok: input.length % 2 === 0, status: 500 }
        return input.length % 3 === 0 ? acceptedUntil(answer, of) : acceptedBy(answer, of)
      },
      refuses: error => error instanceof RmaError,
    },
    {
      name: 'coordinator’s refusal to enrol',
      covers: ['src/main/membership/enrol-way.ts'],
      seeds: [json({ error: { code: 'ENROLMENT_STALE', message: 'stale', details: { now: 1_700_000_000_000 } } })],
      form: jsonForm,
      parse(input) {
        const refusal = refusalIn(safeJson(input))
        if (refusal !== undefined) throw refusal
      },
      refuses: error => error instanceof Error && error.name === 'RmaError',
    },
  ]
}

function ownerTargets(): FuzzTarget[] {
  return [
    {
      name: 'environment',
      covers: ['src/main/config/environment.ts'],
      seeds: [
        lines(
          'DHT_ENABLED=true',
          'DHT_PORT=8468',
          'DHT_HEARTBEAT_INTERVAL=30',
          'DHT_WORKER_TTL=300',
          'DHT_CACHE_TTL=60',
          'DHT_MAX_WORKERS=50',
          'LOCATION=london',
          'COORDINATOR_URL=https://a.example.org, https://b.example.org/',
          'EDGE_ROUTER_URL=https://edge.example.org',
          'TUNNEL_URL=https://a-b-c.trycloudflare.com',
          'CORS_ORIGINS=https://app.example.org',
          'PORT=8080',
        ),
      ],
      form: variablesForm,
      parse: input => parseEnvironment(variablesOf(input)),
    },
    {
      name: 'options of a command',
      covers: ['src/main/config/node-config.ts', 'src/main/cli/schedule.ts'],
      seeds: [
        json({
          network: 'x',
          seeds: ['/ip4/127.0.0.1/tcp/1'],
          listen: ['127.0.0.1'],
          dhtPort: 0,
          pretend: { cpuThreads: 4 },
        }),
      ],
      form: jsonForm,
      parse(input) {
        const flags = safeJson(input)
        parseFlags(Object(flags))
        return parseSpans(textOf(input).split(' '))
      },
      refuses: error => (error as { code?: string }).code === 'commander.invalidArgument',
    },
    {
      name: 'link that opens the app',
      covers: ['src/main/electron/deep-link.ts'],
      seeds: ['rma-donor://open/topology', 'rma-donor://join/rma1abcdef'].map(bytesOf),
      parse: input => parseDeepLink(textOf(input)),
    },
    {
      name: 'line of the log',
      covers: ['src/main/headless/console-log.ts', 'src/main/log.ts'],
      seeds: [
        json({
          level: 30,
          time: 1_700_000_000_000,
          component: 'dht',
          msg: 'joined',
          peer: '12D3KooW',
          err: { message: 'x' },
        }),
      ],
      form: jsonForm,
      parse(input) {
        const said = safeJson(input)
        // The log writes objects, with whatever peers said in their fields.
        const line = JSON.stringify({ level: 30, time: 1, ...Object(said) })
        new LogBuffer().write(line)
        const shown = formatLogLine(line, { colour: false })
        if (/[\p{Cc}\p{Cf}]/u.test(shown))
          throw new Error(`control characters reach the terminal: ${JSON.stringify(shown)}`)
      },
    },
    {
      name: 'text of a report to helpers',
      covers: ['src/main/diagnostics/redact.ts'],
      seeds: [
        lines(
          'Authorization: Bearer abcdefghijklmnop',
          '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
          '{"api_key": "x\\"y", "token":"z"} https://user:pass@host/?token=abc#code=1',
          'eyJhbGciOi.eyJzdWIi.c2ln rma1abcdefghij /ip4/192.0.2.1/tcp/1/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
        ),
      ],
      words: [
        '-----BEGIN A-----',
        '-----END A-----',
        '"token',
        'secret',
        ': "',
        '\\"',
        '://',
        '@',
        'eyJ',
        'rma_0123456789ab_',
        'key=',
      ],
      parse: input => redact(textOf(input), { secrets: ['0123456789abcdef'], home: '/home/somebody' }),
    },
  ]
}

function safeJson(input: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(input))
  } catch {
    return undefined
  }
}
