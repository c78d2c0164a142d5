import type { Plugin } from 'vite'

const beyondAscii = /[^\0-\x7f]/g

/** Writes all that is not ASCII as escapes: one emoji in a file of a megabyte, and V8 holds all of it at two bytes a character. */
export function oneBytePlugin(): Plugin {
  return {
    name: 'one-byte-characters',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) if (file.type === 'chunk') file.code = toAscii(file.code)
    },
  }
}

/** The same program: escapes mean the same in strings, templates, regular expressions and names. */
export function toAscii(code: string): string {
  return code.replace(beyondAscii, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
