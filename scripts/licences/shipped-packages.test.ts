import { expect, it } from 'vitest'
import { type Lock, shippedFolders } from './shipped-packages.ts'

const lock: Lock = {
  packages: {
    '': { dependencies: { a: '1' } },
    'node_modules/a': { version: '1.0.0', dependencies: { b: '1' }, optionalDependencies: { gone: '1' } },
    'node_modules/a/node_modules/b': { version: '1.5.0', dependencies: { c: '1' } },
    'node_modules/b': { version: '2.0.0' },
    'node_modules/c': { version: '1.0.0', dependencies: { b: '2', a: '1' } },
    'node_modules/tool': { version: '1.0.0', dependencies: { b: '2' } },
  },
}

it('follows dependencies to the version that Node would load, and leaves tools out', () => {
  expect(shippedFolders(lock, ['a'])).toEqual([
    'node_modules/a',
    'node_modules/a/node_modules/b',
    'node_modules/b',
    'node_modules/c',
  ])
})

it('passes over what is not installed for any system', () => {
  expect(shippedFolders(lock, ['unknown'])).toEqual([])
})
