import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { ApiKeys } from './api-keys.ts'

const now = 1_700_000_000_000
let folder: { path: string; remove: () => Promise<void> }

beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder.remove())

describe('API keys', () => {
  it('let in who holds one, also after a restart, until it is revoked', async () => {
    const keys = await ApiKeys.load(folder.path)
    const { key, secret } = await keys.create('caseworkers', now)
    expect(keys.check(secret, now + 5).name).toBe('caseworkers')
    await keys.save()
    const again = await ApiKeys.load(folder.path)
    expect(again.list()).toEqual([{ id: key.id, name: 'caseworkers', createdAt: now, lastUsedAt: now + 5 }])
    expect(again.check(secret, now).id).toBe(key.id)
    await again.revoke(key.id)
    expect(() => again.check(secret, now)).toThrow(expect.objectContaining({ code: 'KEY_REFUSED' }))
    expect((await ApiKeys.load(folder.path)).list()).toEqual([])
  })

  it('are kept as hashes alone, in a file for their owner', async () => {
    const keys = await ApiKeys.load(folder.path)
    const { secret } = await keys.create('caseworkers', now)
    const path = join(folder.path, 'api-keys.json')
    expect(await readFile(path, 'utf8')).not.toContain(secret.split('_')[2])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it.each(['', 'nope', 'rma_000000000000_', 'rma_000000000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'])(
    'refuse %j',
    async text => {
      const keys = await ApiKeys.load(folder.path)
      await keys.create('caseworkers', now)
      expect(() => keys.check(text, now)).toThrow(expect.objectContaining({ code: 'KEY_REFUSED' }))
    },
  )

  it('refuse one key’s secret under another’s id', async () => {
    const keys = await ApiKeys.load(folder.path)
    const [a, b] = [await keys.create('a', now), await keys.create('b', now)]
    const swapped = `rma_${a.key.id}_${b.secret.split('_').slice(2).join('_')}`
    expect(() => keys.check(swapped, now)).toThrow(expect.objectContaining({ code: 'KEY_REFUSED' }))
  })

  it('are not begun anew over a file that cannot be read', async () => {
    await writeFile(join(folder.path, 'api-keys.json'), '{"version":1,"keys":[{}]}')
    await expect(ApiKeys.load(folder.path)).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' })
  })

  it('are revoked for good where the disk took it only when it was said again', async () => {
    const { key, secret } = await (await ApiKeys.load(folder.path)).create('caseworkers', now)
    const keys = await ApiKeys.load(folder.path)
    await rename(folder.path, `${folder.path}-away`)
    await expect(keys.revoke(key.id)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(() => keys.check(secret, now)).toThrow(expect.objectContaining({ code: 'KEY_REFUSED' }))
    await rename(`${folder.path}-away`, folder.path)
    await keys.revoke(key.id)
    expect((await ApiKeys.load(folder.path)).list()).toEqual([])
    await expect(keys.revoke(key.id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('that could not be written are none', async () => {
    const keys = await ApiKeys.load(folder.path)
    await rename(folder.path, `${folder.path}-away`)
    await expect(keys.create('caseworkers', now)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await rename(`${folder.path}-away`, folder.path)
    expect(keys.list()).toEqual([])
  })

  it('say NOT_FOUND of one that is not there', async () => {
    await expect((await ApiKeys.load(folder.path)).revoke('000000000000')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
