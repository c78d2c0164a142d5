import { expect, it } from 'vitest'
import { parseNvidia } from './graphics.ts'

const cards = 'GPU-aa, 61, 20000\nGPU-bb, [N/A], 1024\n'
const apps = 'GPU-aa, 100, 3000\nGPU-aa, 200, 500\nGPU-bb, 100, [N/A]\n'

it('reads NVIDIA’s lines, and counts what this node holds as free', () => {
  expect(parseNvidia(cards, apps, new Set([100]))).toEqual([
    { celsius: 61, freeMiB: 23_000 },
    { celsius: undefined, freeMiB: 1_024 },
  ])
})

it('makes nothing of what it does not understand', () => {
  expect(parseNvidia('No devices were found\n', '', new Set())).toEqual([{ celsius: undefined, freeMiB: undefined }])
  expect(parseNvidia('', 'garbage', new Set())).toEqual([])
})
