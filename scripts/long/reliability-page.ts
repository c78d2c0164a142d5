import { z } from 'zod'

const scalar = z.union([z.string(), z.number()])

/** As `e2e/support/long-report.ts` writes it. */
export const sectionSchema = z.object({
  title: z.string(),
  ranWith: z.record(z.string(), scalar),
  figures: z.record(z.string(), scalar),
  notes: z.array(z.string()).optional(),
})

/** The newest run of a part. */
export const partSchema = sectionSchema.extend({
  /** Day, commit and machine. */
  on: z.string(),
  commit: z.string(),
  machine: z.string(),
  versions: z.string(),
  passed: z.boolean(),
})
export type Part = z.infer<typeof partSchema>

export const resultsSchema = z.object({
  parts: z.array(partSchema),
  /** How each test of the long set ended when it was last run; the others never were. */
  tests: z.array(z.object({ name: z.string(), file: z.string(), on: z.string(), outcome: z.string() })),
})
export type Results = z.infer<typeof resultsSchema>

/** What a run adds to what is known: parts and tests that it had are replaced, the others stay. */
export function merged(before: Results, now: Results): Results {
  const titles = new Set(now.parts.map(({ title }) => title))
  const key = ({ file, name }: Results['tests'][number]) => `${file} ${name}`
  const ran = new Set(now.tests.map(key))
  return {
    parts: [...before.parts.filter(({ title }) => !titles.has(title)), ...now.parts].sort((a, b) =>
      a.title.localeCompare(b.title),
    ),
    tests: [...before.tests.filter(test => !ran.has(key(test))), ...now.tests].sort((a, b) =>
      key(a).localeCompare(key(b)),
    ),
  }
}

/** docs/reliability.md. `files`: all files of the long set, so that what never ran is named. */
export function reliabilityPage({ parts, tests }: Results, files: readonly string[]): string {
  const never = files.filter(file => !tests.some(test => test.file === file))
  return [
    '# Reliability',
    '',
    'What `npm run test:long` found, written by the command itself; `npm run test:long -- <file>` runs one part and leaves the',
    'others as they were. [security.md](security.md) says what is defended. How long: `SOAK_MINUTES=1440` (a day; 60 unless given), `FAULT_MINUTES`, `FLOOD_SECONDS`.',
    '',
    ...parts.flatMap(section),
    '## Tests',
    '',
    '| test | last run | outcome |',
    '| --- | --- | --- |',
    ...tests.map(({ name, file, on, outcome }) => `| ${name} (\`${file}\`) | ${on} | ${outcome} |`),
    ...never.map(file => `| all of \`${file}\` | | never run |`),
    '',
  ].join('\n')
}

function section({ title, ranWith, figures, notes = [], on, commit, machine, versions, passed }: Part): string[] {
  const settings = Object.entries(ranWith).map(([name, value]) =>
    name === 'command' ? `\`${value}\`` : `${name} ${value}`,
  )
  return [
    `## ${title}`,
    '',
    `${passed ? 'Passed' : '**Failed**'} on ${on}, commit ${commit}: ${settings.join(', ')}. ${machine}; ${versions}.`,
    '',
    '| | |',
    '| --- | --- |',
    ...Object.entries(figures).map(([name, value]) => `| ${name} | ${value} |`),
    '',
    ...(notes.length === 0 ? [] : [...notes.map(note => `- ${note}`), '']),
  ]
}
