import { Plus, X } from 'lucide-react'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { strings } from '../../strings/index.ts'
import styles from './fields.module.css'
import { issueSentence } from './issue-sentence.ts'
import rows from './place-list.module.css'
import { useSetting } from './settings-context.tsx'

interface Place {
  name: string
  url: string
}

const path = 'engines.places'
const mostPlaces = 8
/** Where engines that speak OpenAI's language often listen. */
const suggestion: Place = { name: '', url: 'http://127.0.0.1:1234' }

/** Places of language engines, each with a name for people; only on this machine. */
export function PlaceList() {
  const { value, issue, change } = useSetting(path)
  const places = Array.isArray(value) ? (value as Place[]) : []
  const words = strings.settings.engines
  const set = (index: number, part: Partial<Place>) =>
    change(places.map((place, at) => (at === index ? { ...place, ...part } : place)))
  const wrongAt = issue?.path[2]
  return (
    <Field
      wide
      namesItself
      label={words.places}
      hint={words.placesHint}
      error={issue && issueSentence(issue, words.urlExpected)}
    >
      {({ described }) => (
        <>
          {places.map((place, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a place is known by where it stands, its name is typed
            <div className={rows.place} key={index}>
              <input
                className={styles.input}
                aria-label={words.placeName({ number: index + 1 })}
                placeholder={words.placeNameShort}
                autoComplete="off"
                spellCheck={false}
                value={place.name}
                aria-invalid={wrongAt === index && issue?.path[3] === 'name'}
                aria-describedby={described}
                onChange={({ target }) => set(index, { name: target.value })}
              />
              <input
                className={styles.input}
                aria-label={words.placeUrl({ number: index + 1 })}
                inputMode="url"
                autoComplete="off"
                spellCheck={false}
                value={place.url}
                aria-invalid={wrongAt === index && issue?.path[3] === 'url'}
                aria-describedby={described}
                onChange={({ target }) => set(index, { url: target.value })}
              />
              <Button
                kind="icon"
                aria-label={words.removePlace({ number: index + 1 })}
                onPress={() => change(places.filter((_, at) => at !== index))}
              >
                <X size={16} aria-hidden />
              </Button>
            </div>
          ))}
          <div>
            <Button isDisabled={places.length >= mostPlaces} onPress={() => change([...places, suggestion])}>
              <Plus size={15} aria-hidden />
              {words.addPlace}
            </Button>
          </div>
        </>
      )}
    </Field>
  )
}
