import { type FormEvent, useId, useState } from 'react'
import type { JoinResult } from '../../../shared/schema/membership.ts'
import { Button } from '../../components/button.tsx'
import { Failure } from '../../components/failure.tsx'
import { useAction } from '../../components/use-action.ts'
import { strings } from '../../strings/index.ts'
import styles from './join-form.module.css'

/** Takes the invite of a network, and says what came of it. */
export function JoinForm() {
  const { run, busy, ready, error } = useAction()
  const [invite, setInvite] = useState('')
  const [result, setResult] = useState<JoinResult>()
  const id = useId()
  const words = strings.membership
  const join = async (event: FormEvent) => {
    event.preventDefault()
    setResult(undefined)
    await run(async client => {
      setResult(await client.membership.join({ invite: invite.trim() }))
      setInvite('')
    })
  }
  return (
    <form className={styles.form} onSubmit={join}>
      <label htmlFor={id}>{words.invite}</label>
      <p id={`${id}-hint`} className={styles.hint}>
        {words.inviteHint}
      </p>
      <div className={styles.row}>
        <input
          id={id}
          className={styles.input}
          autoComplete="off"
          spellCheck={false}
          value={invite}
          placeholder={inviteStart}
          aria-describedby={`${id}-hint`}
          onChange={event => setInvite(event.target.value)}
        />
        <Button type="submit" isDisabled={!ready || invite.trim() === ''}>
          {busy ? words.joining : words.join}
        </Button>
      </div>
      <Failure error={error} sentence={words.failed} />
      {result !== undefined && (
        <p className={styles.done} role="status">
          {result.status === 'member'
            ? words.joined({ network: result.network })
            : words.waiting({ network: result.network })}{' '}
          {result.restarting ? words.restarting : words.nextStart}
        </p>
      )}
    </form>
  )
}

/** The same in every language. */
const inviteStart = 'rma1…'
