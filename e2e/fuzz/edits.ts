import fc from 'fast-check'
import type { Form } from './forms.ts'
import type { FuzzTarget } from './fuzz-target.ts'

/** Places are shares of the length in 65,536ths, so that an edit means something in any input. */
type Place = number
const places = 65_536

type ByteEdit =
  | { kind: 'flip'; at: Place; bit: number }
  | { kind: 'set'; at: Place; value: number }
  | { kind: 'insert'; at: Place; bytes: Uint8Array }
  | { kind: 'remove'; at: Place; count: number }
  | { kind: 'repeat'; at: Place; count: number; times: number }
  | { kind: 'cut'; at: Place }
  | { kind: 'word'; at: Place; word: number }
  /** The end of another seed takes the place of this one's. */
  | { kind: 'graft'; at: Place; other: number; from: Place }

type TreeEdit =
  | { kind: 'replace'; node: number; value: unknown }
  | { kind: 'remove'; node: number }
  | { kind: 'add'; node: number; key: string; value: unknown }
  | { kind: 'swap'; node: number; with: number }

/** How one input comes of the target's seeds. Small, repeatable, and shrunk by fast-check to what matters. */
export interface Recipe {
  seed: number
  tree: TreeEdit[]
  bytes: ByteEdit[]
}

const place = fc.nat(places - 1)
const many = fc.nat(1_000)

const byteEdit: fc.Arbitrary<ByteEdit> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat(7) }),
  fc.record({
    kind: fc.constant('set' as const),
    at: place,
    value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x22, 0x0a),
  }),
  fc.record({ kind: fc.constant('insert' as const), at: place, bytes: fc.uint8Array({ minLength: 1, maxLength: 24 }) }),
  fc.record({ kind: fc.constant('remove' as const), at: place, count: fc.integer({ min: 1, max: 40 }) }),
  fc.record({
    kind: fc.constant('repeat' as const),
    at: place,
    count: fc.integer({ min: 1, max: 64 }),
    times: fc.integer({ min: 1, max: 200 }),
  }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('word' as const), at: place, word: many }),
  fc.record({ kind: fc.constant('graft' as const), at: place, other: many, from: place }),
)

const oddValues: unknown[] = [
  ...[0, -1, 1, 1.5, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 1e308, -0],
  ...['', '0', 'null', '__proto__', 'constructor', '\u0000', '\ud800', '\u202e', '..', '/', '%00', 'a'.repeat(5_000)],
  ...[true, false, null, [], {}, [[]], [null], { toString: 1 }, { length: 2 ** 31 }],
]
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<unknown>(...oddValues) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }) },
  { weight: 1, arbitrary: fc.double() },
  { weight: 1, arbitrary: fc.anything({ maxDepth: 2, maxKeys: 4, withNullPrototype: false }) },
)

const treeEdit: fc.Arbitrary<TreeEdit> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('replace' as const), node: many, value }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), node: many }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      node: many,
      key: fc.oneof(fc.constantFrom('__proto__', 'toString', 'length', ''), fc.string({ maxLength: 12 })),
      value,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('swap' as const), node: many, with: many }) },
)

const few = <T>(edit: fc.Arbitrary<T>) => fc.array(edit, { minLength: 1, maxLength: 4 })
const none = fc.constant<never[]>([])

/** Recipes for a target: its content altered, its bytes, or both; now and then bytes that have nothing to do with it. */
export function recipes({ form }: Pick<FuzzTarget, 'form'>): fc.Arbitrary<Recipe> {
  const bytesOnly = fc.record({ seed: many, tree: none, bytes: few(byteEdit) })
  const fromNothing = fc.record({
    seed: fc.constant(-1),
    tree: none,
    bytes: fc.array(
      fc.record({
        kind: fc.constant('insert' as const),
        at: place,
        bytes: fc.uint8Array({ maxLength: 400, size: 'max' }),
      }),
      { maxLength: 3 },
    ),
  })
  const plain = [
    { weight: 12, arbitrary: bytesOnly },
    { weight: 1, arbitrary: fromNothing },
  ]
  if (form === undefined) return fc.oneof(...plain)
  return fc.oneof(
    ...plain,
    { weight: 12, arbitrary: fc.record({ seed: many, tree: few(treeEdit), bytes: none }) },
    { weight: 2, arbitrary: fc.record({ seed: many, tree: few(treeEdit), bytes: few(byteEdit) }) },
  )
}

/** What trips readers that look before they have checked. */
const traps: readonly unknown[] = [
  { length: { toString: 1 } },
  { size: { toString: 1 } },
  null,
  '',
  '__proto__',
  -1,
  [],
]

/** Each part of each seed's content in turn with a trap in its place: few, and what chance seldom finds. */
export function* trapRecipes({ form, seeds }: Pick<FuzzTarget, 'form' | 'seeds'>): Generator<Recipe> {
  if (form === undefined) return
  for (const [seed, input] of seeds.entries()) {
    const parts = partsOf(form, input)
    for (let node = 0; node < parts; node++)
      for (const value of traps) yield { seed, tree: [{ kind: 'replace', node, value }], bytes: [] }
  }
}

function partsOf(form: Form, input: Uint8Array): number {
  try {
    return slotsOf({ root: form.open(input) }).length
  } catch {
    return 0 // A seed in another form than the others.
  }
}

/** Makes the input that a recipe describes. */
export async function prepare(target: FuzzTarget, { seed, tree, bytes }: Recipe): Promise<Uint8Array> {
  const { seeds, form, words = [] } = target
  const start = seed < 0 ? new Uint8Array() : (seeds[seed % seeds.length] ?? new Uint8Array())
  const altered = form === undefined || tree.length === 0 ? start : await alterContent(form, start, tree)
  return bytes.reduce((input, edit) => editBytes(input, edit, seeds, words), altered)
}

async function alterContent(form: Form, input: Uint8Array, edits: TreeEdit[]) {
  try {
    const content = edits.reduce(editTree, form.open(input))
    return await form.close(content)
  } catch {
    // Content that the format cannot express: the seed itself is as good an input.
    return input
  }
}

function editBytes(input: Uint8Array, edit: ByteEdit, seeds: readonly Uint8Array[], words: readonly string[]) {
  const at = Math.floor((edit.at / places) * (input.length + 1))
  switch (edit.kind) {
    case 'flip':
      return withByte(input, at, byte => byte ^ (1 << edit.bit))
    case 'set':
      return withByte(input, at, () => edit.value)
    case 'insert':
      return splice(input, at, 0, edit.bytes)
    case 'remove':
      return splice(input, at, edit.count, new Uint8Array())
    case 'repeat': {
      const piece = input.subarray(at, at + edit.count)
      return splice(input, at, 0, Buffer.concat(Array.from({ length: edit.times }, () => piece)))
    }
    case 'cut':
      return input.subarray(0, at)
    case 'word':
      return splice(input, at, 0, Buffer.from(words[edit.word % Math.max(1, words.length)] ?? '0', 'utf8'))
    case 'graft': {
      const other = seeds[edit.other % seeds.length] ?? new Uint8Array()
      return Buffer.concat([input.subarray(0, at), other.subarray(Math.floor((edit.from / places) * other.length))])
    }
  }
}

function withByte(input: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  if (input.length === 0) return input
  const copy = Uint8Array.from(input)
  const index = Math.min(at, copy.length - 1)
  copy[index] = change(copy[index] ?? 0)
  return copy
}

function splice(input: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  return Buffer.concat([input.subarray(0, at), added, input.subarray(at + removed)])
}

interface Slot {
  value: unknown
  set(value: unknown): void
  remove(): void
}

/** Alters a fresh copy, which `open` made. */
function editTree(root: unknown, edit: TreeEdit): unknown {
  const holder = { root }
  const slots = slotsOf(holder)
  const slot = slots[edit.node % slots.length]
  if (slot === undefined) return root
  switch (edit.kind) {
    case 'replace':
      slot.set(edit.value)
      break
    case 'remove':
      slot.remove()
      break
    case 'add':
      if (Array.isArray(slot.value)) slot.value.push(edit.value)
      else if (isObject(slot.value))
        Object.defineProperty(slot.value, edit.key, {
          value: edit.value,
          enumerable: true,
          configurable: true,
          writable: true,
        })
      else slot.set([slot.value, edit.value])
      break
    case 'swap': {
      const other = slots[edit.with % slots.length]
      if (other === undefined) break
      const [one, two] = [structuredClone(slot.value), structuredClone(other.value)]
      slot.set(two)
      other.set(one)
    }
  }
  return holder.root
}

function slotsOf(holder: { root: unknown }): Slot[] {
  const slots: Slot[] = []
  const visit = (parent: Record<string, unknown>, key: string) => {
    const child = parent[key]
    slots.push({
      value: child,
      set: value => {
        parent[key] = value
      },
      remove: () => (Array.isArray(parent) ? void parent.splice(Number(key), 1) : void delete parent[key]),
    })
    if (isObject(child) && slots.length < 500) for (const inner of Object.keys(child)) visit(child, inner)
  }
  visit(holder, 'root')
  return slots
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
}
