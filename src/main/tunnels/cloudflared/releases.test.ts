import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import table from './cloudflared-releases.json' with { type: 'json' }
import { pinned, releaseFor, releasesSchema } from './releases.ts'

const sum = 'ab'.repeat(32)
const name = 'cloudflared-linux-amd64'
const published = {
  tag_name: '2026.8.0',
  body: `### SHA256 Checksums:\n\`\`\`\n${name}: ${sum}\n${name}.deb: ${'cd'.repeat(32)}\n\`\`\``,
  assets: [{ name, size: 4_000, digest: `sha256:${sum}` }],
}

describe('a pinned release', () => {
  it('is well formed in this version', () => {
    expect(releasesSchema.safeParse(table).error).toBeUndefined()
  })

  it('has the checksums of the release’s notes, for the machines there are files for', () => {
    const releases = pinned(published)
    expect(releases).toEqual({ version: '2026.8.0', files: { 'linux-x64': { name, sha256: sum, size: 4_000 } } })
    expect(releaseFor(releases, 'linux', 'x64')?.name).toBe(name)
    for (const arch of ['arm64', 'mips', '__proto__']) expect(releaseFor(releases, 'linux', arch)).toBeUndefined()
  })

  it('is refused where its host and its notes say otherwise, or one says nothing', () => {
    const others = [
      { ...published, assets: [{ name, size: 4_000, digest: `sha256:${'00'.repeat(32)}` }] },
      { ...published, assets: [] },
      { ...published, body: 'no checksums' },
      { ...published, body: `${published.body}\n${name}: ${'00'.repeat(32)}\n` },
    ]
    for (const answer of others) expect(() => pinned(answer)).toThrow(name)
  })

  it('never comes of anything else', () => {
    fc.assert(
      fc.property(fc.anything(), answer => {
        expect(() => pinned(answer)).toThrow()
      }),
    )
    fc.assert(
      fc.property(fc.string(), body => {
        expect(pinned({ tag_name: '2026.8.0', body, assets: [] }).files).toEqual({})
      }),
    )
  })
})
