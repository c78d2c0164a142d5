/** One instruction of a Dockerfile. */
export interface Instruction {
  name: string
  /** `--from=build` and the like. */
  flags: Record<string, string>
  /** The rest of the line, in one piece. */
  text: string
}

/** One stage: from its FROM to the next. */
export interface Stage {
  name: string
  base: string
  instructions: Instruction[]
}

/** Reads as much of the Dockerfile format as ours uses: comments, flags, stages. */
export function parseDockerfile(source: string): Stage[] {
  const stages: Stage[] = []
  for (const line of source.replaceAll(/\\\n\s*/g, '').split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    const flags = Object.fromEntries(
      [...rest.matchAll(/(?:^|\s)--([a-z-]+)=(\S+)/g)].map(([, flag, value]) => [flag, value]),
    )
    const text = rest.replaceAll(/(?:^|\s)--[a-z-]+=\S+/g, '').trim()
    if (name === 'FROM') {
      const [base = '', , stage = ''] = text.split(/\s+/)
      stages.push({ name: stage, base, instructions: [] })
    } else {
      stages.at(-1)?.instructions.push({ name, flags, text })
    }
  }
  return stages
}

/** A stage's instructions, those of the stages it is made from first. */
export function inherited(stages: readonly Stage[], name: string): Instruction[] {
  const stage = stages.find(each => each.name === name)
  return stage === undefined ? [] : [...inherited(stages, stage.base), ...stage.instructions]
}

/** The last of its kind, as it is in effect. */
export function lastOf(instructions: readonly Instruction[], name: string): string {
  return instructions.findLast(each => each.name === name)?.text ?? ''
}
