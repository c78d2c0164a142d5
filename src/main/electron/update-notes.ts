import { z } from 'zod'

const maxLength = 4_000

const noteSchema = z.object({ version: z.string(), note: z.string().nullish() })

/** What a server says of an update; nothing else of it is used. */
export const offeredUpdateSchema = z.object({
  version: z.string().regex(/^[\w.+-]{1,64}$/),
  releaseNotes: z.union([z.string(), z.array(noteSchema)]).nullish(),
})

type Notes = z.infer<typeof offeredUpdateSchema>['releaseNotes']

/** Release notes as plain text: servers send them as text, or as HTML, or one by one for each version. */
export function plainNotes(notes: Notes): string {
  const text = Array.isArray(notes)
    ? notes.map(({ version, note }) => `${version}\n${note ?? ''}`).join('\n\n')
    : (notes ?? '')
  const plain = text
    .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, '')
    .replace(/<li[^>]*>/gi, '– ')
    .replace(/<(?:br|\/(?:p|li|h\d|ul|ol|div))[^>]*>/gi, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(lt|gt|amp|quot|#39|nbsp);/g, (_, name: string) => entities[name] ?? '')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
  return plain.length <= maxLength ? plain : `${plain.slice(0, maxLength)}…`
}

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'", nbsp: ' ' }
