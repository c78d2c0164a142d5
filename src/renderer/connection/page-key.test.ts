import { expect, it } from 'vitest'
import { takePageKey } from './page-key.ts'

function pageAt(hash: string, stored: Record<string, string> = {}) {
  const shown: string[] = []
  const page = {
    location: { hash, pathname: '/', search: '' },
    history: { replaceState: (_data: unknown, _title: string, url?: string | URL | null) => void shown.push(`${url}`) },
    localStorage: {
      getItem: (name: string) => stored[name] ?? null,
      setItem: (name: string, value: string) => {
        stored[name] = value
      },
    },
  }
  return { page, shown, stored }
}

it('is taken out of the address, and kept', () => {
  const { page, shown, stored } = pageAt('#key=abc_DEF-123')
  expect(takePageKey(page)).toBe('abc_DEF-123')
  expect(shown).toEqual(['/'])
  expect(takePageKey(pageAt('#/jobs', stored).page)).toBe('abc_DEF-123')
})

it('is not there where no access link was followed, and a page is no key', () => {
  for (const hash of ['', '#/jobs', '#key=', '#key=a b', '#/key=abc']) {
    const { page, shown } = pageAt(hash)
    expect([takePageKey(page), shown]).toEqual([undefined, []])
  }
})
