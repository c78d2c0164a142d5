import { formatNumber } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import type { Issue } from './draft.ts'

/**
 * What was expected, in words.
 *
 * @param expected of a value of this form, such as “a time zone such as Europe/London”
 * @param factor what a value is multiplied with to be shown: 100 for shares
 */
export function issueSentence(issue: Issue, expected?: string, factor = 1): string {
  const words = strings.settings.issue
  const limit = (value: number | bigint) => formatNumber(Number(value) * factor)
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'number') {
        return issue.inclusive
          ? words.atLeast({ limit: limit(issue.minimum) })
          : words.moreThan({ limit: limit(issue.minimum) })
      }
      return issue.origin === 'array' ? words.atLeastOne : words.notEmpty
    case 'too_big':
      if (issue.origin === 'number') return words.atMost({ limit: limit(issue.maximum) })
      return issue.origin === 'array'
        ? words.atMostEntries({ count: Number(issue.maximum) })
        : words.atMostLetters({ count: Number(issue.maximum) })
    case 'invalid_type':
      if (issue.expected === 'int') return words.whole
      if (issue.expected === 'number') return words.number
  }
  return expected === undefined ? words.notValid : words.expected({ what: expected })
}
