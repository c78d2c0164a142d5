import { z } from 'zod'
import { MiB } from '../../../shared/units.ts'

/** More than any release has come to so far, by far. */
export const largestProgram = 256 * MiB

const fileSchema = z.strictObject({
  /** Name of the file in the release. */
  name: z.string().regex(/^cloudflared-[a-z0-9-]+(\.tgz|\.exe)?$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.number().int().min(1).max(largestProgram),
})
export type ReleaseFile = z.infer<typeof fileSchema>

/** The one release that is downloaded, and its files by platform and processor, as `linux-x64`. */
export const releasesSchema = z.strictObject({
  version: z.string().regex(/^\d{4}\.\d{1,2}\.\d{1,3}$/),
  files: z.partialRecord(
    z.enum(['linux-x64', 'linux-arm64', 'linux-ia32', 'darwin-x64', 'darwin-arm64', 'win32-x64', 'win32-ia32']),
    fileSchema,
  ),
})
export type Releases = z.infer<typeof releasesSchema>
export type Target = keyof Releases['files']

/** Names in a release, by what Node calls the machine. */
export const releaseNames: Readonly<Record<Target, string>> = {
  'linux-x64': 'cloudflared-linux-amd64',
  'linux-arm64': 'cloudflared-linux-arm64',
  'linux-ia32': 'cloudflared-linux-386',
  'darwin-x64': 'cloudflared-darwin-amd64.tgz',
  'darwin-arm64': 'cloudflared-darwin-arm64.tgz',
  'win32-x64': 'cloudflared-windows-amd64.exe',
  'win32-ia32': 'cloudflared-windows-386.exe',
}

/** What is offered for such a machine. Undefined where nothing was pinned. */
export function releaseFor({ files }: Releases, platform: string, arch: string): ReleaseFile | undefined {
  return new Map<string, ReleaseFile | undefined>(Object.entries(files)).get(`${platform}-${arch}`)
}

/** What a release publishes of itself, as the API of its host tells it. */
const publishedSchema = z.object({
  tag_name: z.string(),
  body: z.string(),
  assets: z.array(z.object({ name: z.string(), size: z.number(), digest: z.string().nullish() })),
})

/**
 * Pins a release: the checksums in its notes, which have to be the host's own where that has any. Throws, saying which file
 * is in doubt, rather than pin what only one of them says otherwise.
 */
export function pinned(answer: unknown): Releases {
  const { tag_name: version, body, assets } = publishedSchema.parse(answer)
  const files: Releases['files'] = {}
  for (const [target, name] of Object.entries(releaseNames) as [Target, string][]) {
    const asset = assets.find(one => one.name === name)
    const sums = [...checksumsIn(body)].filter(([file]) => file === name).map(([, sum]) => sum)
    const [sha256] = sums
    if (asset === undefined && sha256 === undefined) continue
    if (asset === undefined || sha256 === undefined || new Set(sums).size > 1) {
      throw new Error(`${name}: expected the file and one checksum for it, got ${sums.length}`)
    }
    if (asset.digest && asset.digest !== `sha256:${sha256}`) {
      throw new Error(`${name}: the notes say ${sha256}, the host says ${asset.digest}`)
    }
    files[target] = { name, sha256, size: asset.size }
  }
  return releasesSchema.parse({ version, files })
}

/** Lines as `cloudflared-linux-amd64: 0a1b…`. */
function* checksumsIn(notes: string): Generator<[string, string]> {
  for (const line of notes.split('\n')) {
    const [, name, sum] = /^\s{0,8}([\w.-]{1,80}):\s{1,8}([0-9a-f]{64})\s{0,8}$/.exec(line) ?? []
    if (name !== undefined && sum !== undefined) yield [name, sum]
  }
}
