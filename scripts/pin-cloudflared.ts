import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { pinned } from '../src/main/tunnels/cloudflared/releases.ts'

/** `node scripts/pin-cloudflared.ts 2026.8.0`: pins the checksums that cloudflared's release publishes of itself. */
const version = process.argv[2] ?? ''
if (!/^[\d.]+$/.test(version)) throw new Error(`expected a version such as 2026.8.0, got "${version}"`)
const api = 'https://api.github.com/repos/cloudflare/cloudflared/releases/tags'
const { statusCode, body } = await request(`${api}/${version}`, { headers: { 'user-agent': 'rma-donor' } })
if (statusCode !== 200) throw new Error(`expected 200 from ${api}/${version}, got ${statusCode}`)
const releases = pinned(await body.json())
if (Object.keys(releases.files).length === 0) throw new Error(`the release ${version} has none of the files to pin`)
const path = fileURLToPath(new URL('../src/main/tunnels/cloudflared/cloudflared-releases.json', import.meta.url))
writeFileSync(path, `${JSON.stringify(releases, undefined, 2)}\n`)
for (const [target, file] of Object.entries(releases.files)) console.log(`${target}  ${file.sha256}  ${file.name}`)
