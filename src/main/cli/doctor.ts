import { findingLines } from '../../shared/finding-lines.ts'
import type { Diagnosis, Finding } from '../../shared/schema/diagnosis.ts'
import { english } from '../../shared/strings/english.ts'
import type { Milliseconds } from '../../shared/units.ts'

const marks: Record<Finding['level'], string> = { good: '✓', note: '·', problem: '✗' }

/** The findings in words, each with what to do about it where something can be done. */
export function formatDiagnosis({ findings }: Diagnosis, now: Milliseconds): string {
  const lines = findings.map(
    finding => `${marks[finding.level]} ${findingLines(finding, english.findings, now).join('\n  ')}`,
  )
  const problems = findings.filter(finding => finding.level === 'problem').length
  const verdict = problems === 0 ? 'Nothing stands in the way.' : `${problems} to look at.`
  return `${lines.join('\n')}\n\n${verdict}`
}
