import { expect, it } from 'vitest'
import { compareCatalogues } from './compare-catalogues.ts'

const english = {
  plain: 'Stop',
  group: {
    count: '{count, plural, one {# node} other {# nodes}} at {place}',
    part: '{part, select, cpu {a} other {b}}',
  },
}
const german = {
  plain: 'Halt',
  group: {
    count: '{count, plural, one {# Knoten} other {# Knoten}} in {place}',
    part: '{part, select, cpu {x} other {y}}',
  },
}

it('finds nothing wrong with a whole translation', () => {
  expect(compareCatalogues(english, german, 'de')).toEqual([])
})

it.each([
  [{ ...german, plain: ' ' }, 'de: plain: it is empty'],
  [{ group: german.group }, 'de: plain is missing'],
  [{ ...german, more: 'Mehr' }, 'de: more is not in the English catalogue'],
  [{ ...german, plain: 'Halt {now}' }, 'de: plain: {now} is no value in English and text here'],
  [{ ...german, plain: 'Halt {' }, 'de: plain: it is no ICU message: EXPECT_ARGUMENT_CLOSING_BRACE'],
  [
    { ...german, group: { ...german.group, count: '{count, plural, other {# Knoten}} in {place}' } },
    'de: group.count: the plural form one is missing',
  ],
  [
    { ...german, group: { ...german.group, count: '{count, number} Knoten' } },
    'de: group.count: {place} is text in English and left out here',
  ],
  [
    { ...german, group: { ...german.group, part: '{part, select, gpu {x} other {y}}' } },
    'de: group.part: {part} is one of cpu, other in English and one of gpu, other here',
  ],
])('%j: %s', (translation, complaint) => {
  expect(compareCatalogues(english, translation, 'de')).toEqual([complaint])
})
