import { useEffect, useState } from 'react'
import { z } from 'zod'
import { Card } from '../../components/card.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { strings } from '../../strings/index.ts'
import styles from './licences-card.module.css'

/** As the build leaves it beside the pages; `text` is the place of a package's text among all of them. */
const licencesSchema = z.object({
  texts: z.array(z.string()),
  packages: z.array(
    z.object({ name: z.string(), version: z.string(), licence: z.string(), text: z.number().int().min(0) }),
  ),
})
type Licences = z.infer<typeof licencesSchema>

type Answer = { kind: 'loading' } | { kind: 'failed'; message: string } | { kind: 'here'; licences: Licences }

/** The packages that this program is built on, each with its licence. */
export function LicencesCard() {
  const answer = useLicences()
  const [search, setSearch] = useState('')
  const words = strings.about.licences
  return (
    <Card title={words.title}>
      <p className={styles.hint}>{words.hint}</p>
      {answer.kind === 'loading' && <p>{words.loading}</p>}
      {answer.kind === 'failed' && <p role="alert">{words.failed({ message: answer.message })}</p>}
      {answer.kind === 'here' && (
        <>
          <div className={styles.tools}>
            <SearchBox label={words.search} placeholder={words.search} value={search} onChange={setSearch} />
            <span>{words.count({ count: answer.licences.packages.length })}</span>
          </div>
          <Packages licences={answer.licences} search={search.trim().toLowerCase()} />
        </>
      )}
    </Card>
  )
}

function Packages({ licences: { packages, texts }, search }: { licences: Licences; search: string }) {
  const shown = packages.filter(({ name, licence }) => `${name} ${licence}`.toLowerCase().includes(search))
  return (
    <ul className={styles.packages}>
      {shown.map(({ name, version, licence, text }) => (
        <Package key={`${name} ${version}`} name={name} version={version} licence={licence} text={texts[text] ?? ''} />
      ))}
    </ul>
  )
}

/** Its text is drawn once somebody wants to read it: all of them would be a book. */
function Package({ name, version, licence, text }: { name: string; version: string; licence: string; text: string }) {
  const [open, setOpen] = useState(false)
  return (
    <li>
      <details open={open} onToggle={event => setOpen(event.currentTarget.open)}>
        <summary>
          <span className={styles.name}>{name}</span> <span className={styles.version}>{version}</span>{' '}
          <span className={styles.licence}>{licence}</span>
        </summary>
        {open && <pre>{text}</pre>}
      </details>
    </li>
  )
}

function useLicences(): Answer {
  const [answer, setAnswer] = useState<Answer>({ kind: 'loading' })
  useEffect(() => {
    const stop = new AbortController()
    fetchLicences(stop.signal).then(
      licences => setAnswer({ kind: 'here', licences }),
      (error: unknown) => {
        if (!stop.signal.aborted)
          setAnswer({ kind: 'failed', message: error instanceof Error ? error.message : `${error}` })
      },
    )
    return () => stop.abort()
  }, [])
  return answer
}

async function fetchLicences(signal: AbortSignal): Promise<Licences> {
  const response = await fetch('./licences.json', { signal })
  if (!response.ok) throw new Error(`licences.json: ${response.status}`)
  return licencesSchema.parse(await response.json())
}
