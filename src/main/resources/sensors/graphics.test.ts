import { expect, it } from 'vitest'
import { parseNvidia } from './graphics.ts'

const cards = 'GPU-aa, NVIDIA H200, 61, 42, 20000, 24000\nGPU-bb, NVIDIA T4, [N/A], [N/A], 1024, 15360\n'
const apps = 'GPU-aa, 100, 3000\nGPU-aa, 200, 500\nGPU-bb, 100, [N/A]\n'

it('reads NVIDIA’s lines, and counts what this node holds as free', () => {
  expect(parseNvidia(cards, apps, new Set([100]))).toEqual([
    { name: 'NVIDIA H200', celsius: 61, busy: 0.42, freeMiB: 23_000, totalMiB: 24_000 },
    { name: 'NVIDIA T4', freeMiB: 1_024, totalMiB: 15_360 },
  ])
})

it('makes nothing of what it does not understand', () => {
  expect(parseNvidia('No devices were found\n', '', new Set())).toEqual([])
  expect(parseNvidia('', 'garbage', new Set())).toEqual([])
})
