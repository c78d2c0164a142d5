import { beforeAll, describe, expect, it } from 'vitest'
import { provenSeq } from './stale.ts'
import { refusalOf, type TestWorker, testNetworkId, testNow, testWorker } from './test-records.ts'

let self: TestWorker
let other: TestWorker

beforeAll(async () => {
  ;[self, other] = (await Promise.all([testWorker(1), testWorker(2)])) as [TestWorker, TestWorker]
})

describe('an answer that something later is held', () => {
  it('proves the seq of the record, or of its renewal', async () => {
    const record = await self.record({ seq: 7 })
    expect(provenSeq({ record }, testNetworkId, self.peerId)).toBe(7)
    const renewal = await self.renewal(record, { seq: testNow + 9 })
    expect(provenSeq({ record, renewal }, testNetworkId, self.peerId)).toBe(testNow + 9)
  })

  it('proves nothing with what this node has not signed', async () => {
    const record = await self.record({ seq: 7 })
    const huge = await other.record({ seq: Number.MAX_SAFE_INTEGER })
    expect(await refusalOf(() => provenSeq({ record: huge }, testNetworkId, self.peerId))).toBe('foreign-key')
    const forged = huge.slice()
    forged.set(self.privateKey.publicKey.raw, 6)
    expect(await refusalOf(() => provenSeq({ record: forged }, testNetworkId, self.peerId))).toBe('bad-signature')
    const renewal = await other.renewal(record, { seq: Number.MAX_SAFE_INTEGER })
    expect(await refusalOf(() => provenSeq({ record, renewal }, testNetworkId, self.peerId))).toBe('bad-signature')
    const ofAnother = await self.renewal(await self.record({ seq: 8 }))
    expect(await refusalOf(() => provenSeq({ record, renewal: ofAnother }, testNetworkId, self.peerId))).toBe(
      'other-record',
    )
  })
})
