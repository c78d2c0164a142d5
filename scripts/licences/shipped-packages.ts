import { z } from 'zod'

/** What package-lock.json says of a package; the key is its folder. */
const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.string().optional(),
      dependencies: z.record(z.string(), z.string()).optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
})
export type Lock = z.infer<typeof lockSchema>

export function parseLock(text: string): Lock {
  return lockSchema.parse(JSON.parse(text))
}

/** Folders of the packages that `names` are and need, as Node finds them, in order. */
export function shippedFolders({ packages }: Lock, names: readonly string[]): string[] {
  const found = new Set<string>()
  const waiting = names.map(name => ({ name, from: '' }))
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const folder = folderOf(packages, next.name, next.from)
    if (folder === undefined || found.has(folder)) continue
    found.add(folder)
    const { dependencies = {}, optionalDependencies = {} } = packages[folder] ?? {}
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) waiting.push({ name, from: folder })
  }
  return [...found].sort()
}

/** The nearest one: in the package's own folder, or in that of any package around it. */
function folderOf(packages: Lock['packages'], name: string, from: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const folder = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`
    if (Object.hasOwn(packages, folder)) return folder
    if (at === '') return undefined
    if (!at.includes('/node_modules/')) {
      const top = `node_modules/${name}`
      return Object.hasOwn(packages, top) ? top : undefined
    }
  }
}
