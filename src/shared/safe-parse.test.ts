import { expect, it } from 'vitest'
import { z } from 'zod'
import { safeParse } from './safe-parse.ts'

const schema = z.object({ name: z.string().max(8), tags: z.array(z.string()).max(3) })

it('takes what the schema takes', () => {
  expect(safeParse(schema, { name: 'a', tags: [] })).toEqual({ success: true, data: { name: 'a', tags: [] } })
})

it('refuses a length that cannot be compared, which zod throws for', () => {
  const trap = JSON.parse('{"name": {"length": {"toString": 1}}, "tags": {"length": {"toString": 1}}}')
  expect(() => schema.safeParse(trap)).toThrow(TypeError)
  const { success, error } = safeParse(schema, trap)
  expect([success, error?.issues[0]?.message]).toEqual([false, 'expected plain values'])
})

it('lets through what a schema itself throws', () => {
  const broken = z.string().transform(() => {
    throw new RangeError('a fault of this program')
  })
  expect(() => safeParse(broken, 'x')).toThrow(RangeError)
})
