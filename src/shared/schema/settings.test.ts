import { expect, it } from 'vitest'
import { changedBy, defaultSettings, settingsPatchSchema, settingsSchema } from './settings.ts'

it('replaces the parts a change names, takes out those it nulls, and leaves the rest', () => {
  const settings = settingsSchema.parse({ ...defaultSettings, location: 'leeds', reading: { languages: ['eng'] } })
  const patch = settingsPatchSchema.parse({ location: null, requests: { hedging: true }, engines: undefined })
  expect(changedBy(settings, patch)).toEqual({
    ...defaultSettings,
    reading: { languages: ['eng'] },
    requests: { ...defaultSettings.requests, hedging: true },
  })
})

it('cannot switch donating on or end a pause by a change', () => {
  for (const wish of [{ donating: true }, { consent: true }, { override: { kind: 'run', since: 0 } }])
    expect(settingsPatchSchema.safeParse(wish).success).toBe(false)
})
