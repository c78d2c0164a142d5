import fc from 'fast-check'

/**
 * As much of CDDL (RFC 8610) as docs/protocol.md uses: rules, choices, literals, ranges, maps, arrays, occurrences,
 * `.size`, `.regexp` and `.and`. Reads a grammar, checks decoded values against it, and makes values it allows.
 */
export class Cddl {
  readonly #rules: Map<string, CddlType>

  constructor(text: string) {
    this.#rules = new Parser(text).rules()
  }

  get ruleNames(): string[] {
    return [...this.#rules.keys()]
  }

  rule(name: string): CddlType {
    const type = this.#rules.get(name)
    if (type === undefined) throw new Error(`the grammar has no rule ${name}`)
    return type
  }

  /** Names of the fields of a map rule. */
  fieldsOf(name: string): string[] {
    const type = this.rule(name)
    if (type.kind !== 'map') throw new Error(`${name} is no map`)
    return type.entries.flatMap(({ key }) => key ?? [])
  }

  allows(name: string, value: unknown): boolean {
    return this.#matches({ kind: 'name', name }, value)
  }

  /** Values the rule allows; `made` gives those of rules that their text does not say all about. */
  valuesOf(name: string, made: Record<string, fc.Arbitrary<unknown>> = {}): fc.Arbitrary<unknown> {
    return this.#values({ kind: 'name', name }, made)
  }

  #matches(type: CddlType, value: unknown): boolean {
    switch (type.kind) {
      case 'name':
        return type.name in primitives ? isPrimitive(type.name, value) : this.#matches(this.rule(type.name), value)
      case 'literal':
        return value === type.value
      case 'choice':
        return type.options.some(option => this.#matches(option, value))
      case 'range':
        return isNumber(value) && value >= type.from && value <= type.to && (type.float || Number.isInteger(value))
      case 'control':
        return this.#matches(type.target, value) && this.#satisfies(type, value)
      case 'array':
        return Array.isArray(value) && this.#fillsArray(type.entries, value)
      case 'map':
        return isMap(value) && this.#fillsMap(type.entries, value)
    }
  }

  #satisfies({ operator, operand }: ControlType, value: unknown): boolean {
    if (operator === 'and') return this.#matches(operand, value)
    if (operator === 'regexp') return patternOf(operand).test(String(value))
    return this.#matches(operand, typeof value === 'string' ? Buffer.byteLength(value) : (value as Uint8Array).length)
  }

  /** Occurrences take as much as they can: enough where neighbours differ, as they do here. */
  #fillsArray(entries: CddlEntry[], value: unknown[]): boolean {
    let at = 0
    for (const { min, max, type } of entries) {
      let taken = 0
      while (taken < max && at < value.length && this.#matches(type, value[at])) {
        taken++
        at++
      }
      if (taken < min) return false
    }
    return at === value.length
  }

  #fillsMap(entries: CddlEntry[], value: Record<string, unknown>): boolean {
    const named = new Map(entries.flatMap(entry => (entry.key === undefined ? [] : [[entry.key, entry] as const])))
    const open = entries.some(entry => entry.key === undefined)
    const known = Object.entries(value).every(([key, field]) => {
      const entry = named.get(key)
      return entry === undefined ? open : this.#matches(entry.type, field)
    })
    return known && [...named].every(([key, { min }]) => min === 0 || Object.hasOwn(value, key))
  }

  #values(type: CddlType, made: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
    switch (type.kind) {
      case 'name':
        return made[type.name] ?? primitives[type.name] ?? this.#values(this.rule(type.name), made)
      case 'literal':
        return fc.constant(type.value)
      case 'choice':
        return fc.oneof(...type.options.map(option => this.#values(option, made)))
      case 'range':
        return type.float
          ? fc.double({ min: type.from, max: type.to, noNaN: true })
          : fc.oneof(fc.constantFrom(type.from, type.to), fc.integer({ min: type.from, max: type.to }))
      case 'control':
        return this.#controlled(type, made)
      case 'array':
        return fc.tuple(...type.entries.map(entry => this.#repeated(entry, made))).map(parts => parts.flat(1))
      case 'map':
        return this.#mapValues(type.entries, made)
    }
  }

  #controlled(type: ControlType, made: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
    const { operator, operand, target } = type
    if (operator === 'regexp') return fc.stringMatching(patternOf(operand))
    if (operator === 'and') return this.#values(operand, made).filter(value => this.#matches(target, value))
    const { from, to } = rangeOf(operand)
    if (target.kind === 'name' && target.name === 'bstr')
      return fc.uint8Array({ minLength: from, maxLength: Math.min(to, from + 64) })
    return fc.string({ minLength: from, maxLength: Math.min(to, from + 64) })
  }

  #repeated({ min, max, type }: CddlEntry, made: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown[]> {
    return fc.array(this.#values(type, made), { minLength: min, maxLength: Math.min(max, min + 4) })
  }

  #mapValues(entries: CddlEntry[], made: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
    const named = entries.flatMap(entry => (entry.key === undefined ? [] : [{ ...entry, key: entry.key }]))
    const model = Object.fromEntries(named.map(({ key, type }) => [key, this.#values(type, made)]))
    const requiredKeys = named.filter(({ min }) => min > 0).map(({ key }) => key)
    return fc.record(model, { requiredKeys, noNullPrototype: true })
  }
}

type ControlType = { kind: 'control'; operator: string; target: CddlType; operand: CddlType }
type CddlEntry = { key?: string; min: number; max: number; type: CddlType }
export type CddlType =
  | { kind: 'name'; name: string }
  | { kind: 'literal'; value: string | number }
  | { kind: 'choice'; options: CddlType[] }
  | { kind: 'range'; from: number; to: number; float: boolean }
  | { kind: 'map' | 'array'; entries: CddlEntry[] }
  | ControlType

const primitives: Record<string, fc.Arbitrary<unknown>> = {
  bool: fc.boolean(),
  bstr: fc.uint8Array(),
  tstr: fc.string(),
  any: fc.constantFrom(0, '', true, null),
}

const isNumber = (value: unknown): value is number => typeof value === 'number'
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function isPrimitive(name: string, value: unknown): boolean {
  if (name === 'bool') return typeof value === 'boolean'
  if (name === 'bstr') return value instanceof Uint8Array
  return name === 'any' || typeof value === 'string'
}

function patternOf(type: CddlType): RegExp {
  if (type.kind !== 'literal') throw new Error('expected a pattern')
  return new RegExp(`^(?:${type.value})$`, /\\p\{/.test(String(type.value)) ? 'u' : '')
}

function rangeOf(type: CddlType): { from: number; to: number } {
  if (type.kind === 'range') return type
  if (type.kind === 'literal') return { from: Number(type.value), to: Number(type.value) }
  throw new Error('expected a size')
}

const tokenPattern =
  /;[^\n]*|\s+|"(?:[^"\\]|\\.)*"|\d+\*\d+|\d+\.\d+|\d+|\.\.|\.[a-z]+|=>|[a-zA-Z][\w-]*|[=/:?*,{}[\]()]/y

class Parser {
  readonly #tokens: string[] = []
  #at = 0

  constructor(text: string) {
    const pattern = new RegExp(tokenPattern)
    while (pattern.lastIndex < text.length) {
      const { lastIndex } = pattern
      const token = pattern.exec(text)?.[0]
      if (token === undefined) throw new Error(`not CDDL as used here: ${text.slice(lastIndex, lastIndex + 30)}`)
      if (!/^[;\s]/.test(token)) this.#tokens.push(token)
    }
  }

  rules(): Map<string, CddlType> {
    const rules = new Map<string, CddlType>()
    while (this.#at < this.#tokens.length) {
      const name = this.#next()
      if (rules.has(name)) throw new Error(`${name} is defined twice`)
      this.#expect('=')
      rules.set(name, this.#choice())
    }
    return rules
  }

  #choice(): CddlType {
    const options = [this.#controlled()]
    while (this.#take('/')) options.push(this.#controlled())
    const [only] = options
    return options.length === 1 && only !== undefined ? only : { kind: 'choice', options }
  }

  #controlled(): CddlType {
    let type = this.#single()
    for (;;) {
      const token = this.#tokens[this.#at] ?? ''
      if (token === '..') type = this.#range(type)
      else if (/^\.[a-z]/.test(token))
        type = { kind: 'control', operator: this.#next().slice(1), target: type, operand: this.#single() }
      else return type
    }
  }

  #range(from: CddlType): CddlType {
    this.#expect('..')
    const float = (this.#tokens[this.#at] ?? '').includes('.')
    return { kind: 'range', from: rangeOf(from).from, to: rangeOf(this.#single()).from, float }
  }

  #single(): CddlType {
    const token = this.#next()
    if (token === '{') return { kind: 'map', entries: this.#entries('}') }
    if (token === '[') return { kind: 'array', entries: this.#entries(']') }
    if (token === '(') {
      const type = this.#choice()
      this.#expect(')')
      return type
    }
    if (/^["\d]/.test(token)) return { kind: 'literal', value: JSON.parse(token) as string | number }
    return { kind: 'name', name: token }
  }

  #entries(end: string): CddlEntry[] {
    const entries: CddlEntry[] = []
    while (!this.#take(end)) {
      entries.push(this.#entry())
      this.#take(',')
    }
    return entries
  }

  #entry(): CddlEntry {
    const { min, max } = this.#occurrence()
    const following = this.#tokens[this.#at + 1]
    if (following === ':') {
      const key = this.#next()
      this.#expect(':')
      return { key, min, max, type: this.#choice() }
    }
    if (following === '=>') {
      this.#next()
      this.#expect('=>')
    }
    return { min, max, type: this.#choice() }
  }

  #occurrence(): { min: number; max: number } {
    if (this.#take('?')) return { min: 0, max: 1 }
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
    const bounds = /^(\d+)\*(\d+)$/.exec(this.#tokens[this.#at] ?? '')
    if (bounds === null) return { min: 1, max: 1 }
    this.#next()
    return { min: Number(bounds[1]), max: Number(bounds[2]) }
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false
    this.#at++
    return true
  }

  #expect(token: string): void {
    if (!this.#take(token))
      throw new Error(`expected ${token}, got ${this.#tokens.slice(this.#at, this.#at + 5).join(' ')}`)
  }

  #next(): string {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw new Error('the grammar ends too soon')
    return token
  }
}
