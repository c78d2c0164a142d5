import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Key } from 'interface-datastore'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { NodeDatastore } from './datastore.ts'

let folder: { path: string; remove: () => Promise<void> }

beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder.remove())

describe('the node’s datastore', () => {
  it('keeps what was put into it for the next start', async () => {
    const first = new NodeDatastore(folder.path)
    await first.start()
    await first.store.put(new Key('/a'), Uint8Array.of(1, 2))
    await first.stop()
    const second = new NodeDatastore(folder.path)
    await second.start()
    expect(Uint8Array.from(await second.store.get(new Key('/a')))).toEqual(Uint8Array.of(1, 2))
    await second.stop()
  })

  it('touches nothing before it is started', async () => {
    const unstarted = new NodeDatastore(folder.path)
    const other = new NodeDatastore(folder.path)
    await other.start()
    await other.stop()
    await unstarted.start()
    await unstarted.stop()
    new NodeDatastore(join(folder.path, 'never'))
    await new Promise(setImmediate)
    expect(await readdir(folder.path)).toEqual(['datastore'])
  })

  it('keeps a second node off the folder', async () => {
    const first = new NodeDatastore(folder.path)
    await first.start()
    await expect(new NodeDatastore(folder.path).start()).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' })
    await first.stop()
  })

  it('says why a folder cannot be used', async () => {
    await writeFile(join(folder.path, 'datastore'), '')
    await expect(new NodeDatastore(folder.path).start()).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' })
  })
})
