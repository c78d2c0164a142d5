import type { Settings } from '../../../shared/schema/settings.ts'

export type Theme = Settings['appearance']['theme']

const storageKey = 'rma-donor-theme'

/** Puts the theme on the page and remembers it, so that the next start does not flash in the other one. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  localStorage.setItem(storageKey, theme)
}

/** The theme of last time. */
export function rememberedTheme(): Theme {
  const theme = localStorage.getItem(storageKey)
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}
