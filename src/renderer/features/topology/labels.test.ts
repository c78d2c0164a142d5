import { expect, it } from 'vitest'
import { type LabelCandidate, labelHeight, placeLabels } from './labels.ts'

function candidate(text: string, x: number, y: number, extra: Partial<LabelCandidate> = {}): LabelCandidate {
  return { text, x, y, width: 60, radius: 6, importance: 1, pinned: false, ...extra }
}

it('puts a label that has room under its node', () => {
  const [label] = placeLabels([candidate('a', 100, 50)])
  expect(label?.x).toBe(100)
  expect(label?.y).toBeGreaterThan(56)
})

it('moves the less important of two labels that would collide', () => {
  const labels = placeLabels([candidate('minor', 100, 50), candidate('major', 130, 50, { importance: 2 })])
  const find = (text: string) => labels.find(label => label.text === text)
  expect(find('major')?.y).toBeGreaterThan(50)
  expect(find('minor')?.y).toBeLessThan(50 - labelHeight)
})

it('leaves out what finds no room, but never a pinned label', () => {
  const crowd = Array.from({ length: 40 }, (_, index) => candidate(`peer ${index}`, 100 + (index % 8) * 9, 50 + index))
  const labels = placeLabels([...crowd, candidate('self', 110, 60, { pinned: true, importance: 0 })])
  expect(labels.length).toBeLessThan(20)
  expect(labels.map(label => label.text)).toContain('self')
})
