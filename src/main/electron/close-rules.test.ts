import { expect, it } from 'vitest'
import { decideClose } from './close-rules.ts'

const situations = [true, false].flatMap(quitting =>
  [true, false].flatMap(trayShown => [true, false].map(donating => ({ quitting, trayShown, donating }))),
)

it.each(situations)('closing the window: %j', situation => {
  const outcome = decideClose(situation)
  if (situation.quitting) expect(outcome).toBe('close')
  else expect(outcome).toBe(situation.trayShown || situation.donating ? 'hide' : 'quit')
})
