import { Key } from 'interface-datastore'
import { expect, it } from 'vitest'
import { RefusingStore } from './refusing-store.ts'

const key = new Key('/any')
const value = Uint8Array.of(1)

it('refuses to be written to, one by one, many at once or in a batch', () => {
  const store = new RefusingStore()
  for (const write of [() => store.put(), () => store.putMany(), () => store.batch().put(key, value)])
    expect(write).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
})

it('is empty, whatever was tried', async () => {
  const store = new RefusingStore()
  const batch = store.batch()
  batch.delete(key)
  await batch.commit()
  store.delete()
  expect(store.has()).toBe(false)
  expect(() => store.get()).toThrow(expect.objectContaining({ name: 'NotFoundError' }))
  for (const all of [store.getMany(), store.deleteMany(), store.query(), store.queryKeys()])
    expect(await all.next()).toEqual({ done: true, value: undefined })
})
