import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decideSeal, type KeyStoreSituation } from './safe-storage-seal.ts'

const empty = { sealedKeyExists: false, plainKeyExists: false }
const keyring = { available: true, backend: 'gnome_libsecret' }
const fixedPassword = { available: true, backend: 'basic_text' }
const none = { available: false, backend: 'unknown' }

it.each<[string, KeyStoreSituation, ReturnType<typeof decideSeal>]>([
  ['a new key is sealed by the key store', { ...keyring, ...empty }, 'safe-storage'],
  ['the key stores of macOS and Windows count', { available: true, backend: 'system', ...empty }, 'safe-storage'],
  ['a fixed password protects nothing', { ...fixedPassword, ...empty }, 'plain'],
  ['without a key store the file mode protects', { ...none, ...empty }, 'plain'],
  ['a headless node’s key stays', { ...keyring, ...empty, plainKeyExists: true }, 'plain'],
  ['a sealed key is opened', { ...keyring, ...empty, sealedKeyExists: true }, 'safe-storage'],
  ['a key sealed under a fixed password too', { ...fixedPassword, ...empty, sealedKeyExists: true }, 'safe-storage'],
  ['a sealed key waits for its store', { ...none, ...empty, sealedKeyExists: true }, 'locked'],
  ['whatever lies beside it', { ...none, sealedKeyExists: true, plainKeyExists: true }, 'locked'],
])('%s', (_what, situation, decision) => {
  expect(decideSeal(situation)).toBe(decision)
})

it('never leaves a key that is there for a new one', () => {
  const situations = fc.record({
    available: fc.boolean(),
    backend: fc.constantFrom('basic_text', 'gnome_libsecret', 'kwallet6', 'unknown', 'system'),
    sealedKeyExists: fc.boolean(),
    plainKeyExists: fc.boolean(),
  })
  fc.assert(
    fc.property(situations, situation => {
      const decision = decideSeal(situation)
      if (decision === 'plain') expect(situation.sealedKeyExists).toBe(false)
      if (decision === 'safe-storage') expect(situation.sealedKeyExists || !situation.plainKeyExists).toBe(true)
    }),
  )
})
