import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { type CaKey, generateCaKey } from '../../../shared/membership/ca-key.ts'
import { openCa, sealCa } from './sealed-ca.ts'

const passphrase = 'correct horse battery staple'
let key: CaKey
let file: string

beforeAll(async () => {
  key = await generateCaKey()
  file = await sealCa({ network: 'charity', key }, passphrase)
})

it('opens with its passphrase only, and shows nothing of the key', async () => {
  expect(await openCa(file, passphrase)).toEqual({ network: 'charity', key })
  expect(file).not.toContain(key.privateJwk.d)
  await expect(openCa(file, 'correct horse battery stapler')).rejects.toMatchObject({ code: 'CA_UNUSABLE' })
  await expect(sealCa({ network: 'charity', key }, 'short')).rejects.toMatchObject({ code: 'BAD_INPUT' })
})

it('opens no more once anything in it was changed', async () => {
  const fields = ['network', 'caPublicKey', 'salt', 'iv', 'tag', 'sealed'] as const
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...fields), fc.nat(), async (field, at) => {
      const content: Record<string, string> = JSON.parse(file)
      const text = content[field] ?? ''
      const index = at % text.length
      content[field] = text.slice(0, index) + (text[index] === 'A' ? 'B' : 'A') + text.slice(index + 1)
      const opened = await openCa(JSON.stringify(content), passphrase).catch(error => error.code)
      // The last character of base64url may have bits that do not count.
      if (opened !== 'CA_UNUSABLE') expect(opened).toEqual({ network: 'charity', key })
    }),
    { numRuns: 6 },
  )
  for (const text of ['', '{}', '[]', 'x'])
    await expect(openCa(text, passphrase)).rejects.toMatchObject({ code: 'CA_UNUSABLE' })
})
