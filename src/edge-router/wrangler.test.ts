import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { generateCaKey } from '../shared/membership/ca-key.ts'
import { readEnvironment } from './environment.ts'

const path = join(import.meta.dirname, 'wrangler.jsonc')

const configurationSchema = z.strictObject({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.iso.date(),
  workers_dev: z.boolean(),
  observability: z.strictObject({ enabled: z.boolean() }),
  vars: z.record(z.string(), z.string()),
  durable_objects: z.strictObject({
    bindings: z.array(z.strictObject({ name: z.string(), class_name: z.string() })),
  }),
  migrations: z.array(z.strictObject({ tag: z.string(), new_sqlite_classes: z.array(z.string()) })),
})

async function configuration() {
  return configurationSchema.parse(ts.parseConfigFileTextToJson(path, await readFile(path, 'utf8')).config)
}

test('the configuration names the Worker and the class that keeps its data', async () => {
  const { main, durable_objects, migrations } = await configuration()
  const source = join(import.meta.dirname, main)
  expect(existsSync(source)).toBe(true)
  const text = await readFile(source, 'utf8')
  const [binding, ...others] = durable_objects.bindings
  expect(others).toEqual([])
  expect(text).toContain(`export class ${binding?.class_name} extends DurableObject`)
  expect(text).toContain(`${binding?.name}: DurableObjectNamespace<${binding?.class_name}>`)
  expect(migrations).toEqual([{ tag: 'v1', new_sqlite_classes: [binding?.class_name] }])
})

test('with its variables filled in and its secret set, the Worker knows its network', async () => {
  const { vars } = await configuration()
  const { publicKey } = await generateCaKey()
  // Not filled in, they stop it: nobody's coordinators must be handed out by mistake.
  expect(() => readEnvironment({ ...vars, OPERATOR_TOKEN: 'o'.repeat(64) })).toThrow('NETWORK_NAME')
  const filled: Record<string, string> = { NETWORK_NAME: 'charity', NETWORK_CA_KEY: publicKey }
  expect(Object.keys(vars)).toEqual(Object.keys(filled))
  expect(readEnvironment({ ...filled, OPERATOR_TOKEN: 'o'.repeat(64) }).caPublicKey).toBe(publicKey)
})
