import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { networkNameSchema } from '../schema/primitives.ts'
import { encodeBase64url } from './base64url.ts'
import { formatInvite, type Invite, inviteLink, maxInviteLength, parseInvite } from './invite.ts'

const sample: Invite = {
  network: 'charity',
  caPublicKey: encodeBase64url(new Uint8Array(32).fill(7)),
  seeds: [
    'https://coordinator.example.org',
    '/ip4/192.0.2.1/tcp/8468/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo',
  ],
  code: 'ABCDEFGH12345678',
}

const code = fc.string({ unit: fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'), minLength: 16, maxLength: 16 })
const invites: fc.Arbitrary<Invite> = fc.record(
  {
    network: fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter(name => networkNameSchema.safeParse(name).success),
    caPublicKey: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(encodeBase64url),
    seeds: fc.array(fc.constantFrom(...sample.seeds, 'http://127.0.0.1:8080'), { maxLength: 4 }),
    code,
  },
  { requiredKeys: ['network', 'caPublicKey', 'seeds'] },
)

describe('an invite', () => {
  it('is read as it was written, as text and as a link, however it was wrapped', () => {
    fc.assert(
      fc.property(invites, fc.nat(), (invite, at) => {
        const text = formatInvite(invite)
        expect(text.length).toBeLessThan(maxInviteLength)
        expect(parseInvite(text)).toEqual(invite)
        expect(parseInvite(inviteLink(text))).toEqual(invite)
        const place = at % text.length
        expect(parseInvite(` ${text.slice(0, place)}\n ${text.slice(place)}\r\n`)).toEqual(invite)
      }),
    )
  })

  it('names no network by what would be more than a name where somebody is asked to join it', () => {
    for (const network of ['charity\n\nPress Join to update.', '\u001b]0;owned\u0007', 'safe\u202Eytirahc', 'a\u2028b'])
      expect(() => formatInvite({ ...sample, network })).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
    expect(parseInvite(formatInvite({ ...sample, network: 'Café 🧑‍🤝‍🧑 خیریه‌' })).network).toBe('Café 🧑‍🤝‍🧑 خیریه‌')
  })

  it('is short enough to paste', () => {
    expect(formatInvite(sample).length).toBeLessThan(280)
  })

  it('is refused with any one character changed, missing or doubled', () => {
    const text = formatInvite(sample)
    for (let index = 0; index < text.length; index++) {
      const [before, after] = [text.slice(0, index), text.slice(index + 1)]
      for (const changed of 'Aaz09-_.+')
        if (changed !== text[index]) expect(() => parseInvite(before + changed + after)).toThrow('not a whole invite')
      expect(() => parseInvite(before + after)).toThrow('not a whole invite')
      expect(() => parseInvite(before + text[index] + text[index] + after)).toThrow('not a whole invite')
    }
  })

  it('is refused with its own code, whatever else was pasted', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map(text => `rma1${text}`),
        ),
        text => {
          expect(() => parseInvite(text)).toThrow(expect.objectContaining({ code: 'INVITE_MALFORMED' }))
        },
      ),
    )
    expect(() => parseInvite('A'.repeat(10_000_000))).toThrow(expect.objectContaining({ code: 'INVITE_MALFORMED' }))
  })
})
