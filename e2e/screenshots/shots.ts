import type { Page } from '@playwright/test'
import { pages } from '../../src/shared/pages.ts'

export const sizes = {
  /** The least that a page has to bear. */
  smallest: { width: 320, height: 640 },
  narrow: { width: 390, height: 844 },
  wide: { width: 1280, height: 860 },
  largest: { width: 3_840, height: 2_160 },
} as const

export interface Shot {
  name: string
  /** Path of the page, or the first run. */
  page: string
  theme: 'light' | 'dark'
  size: keyof typeof sizes
  peers: number
  language: 'en' | 'de'
  /** What is done with the page before. */
  prepare?: (page: Page) => Promise<void>
}

export const firstRun = 'welcome'
const everyView = [...pages, firstRun] as const
/** On the others the number of peers is not to be seen. */
const peopled = ['status', 'jobs', 'topology', 'network', firstRun] as const
const themes = ['light', 'dark'] as const

type Look = Omit<Shot, 'name' | 'language'> & { language?: Shot['language']; view?: string }

function shot({ view, language = 'en', ...look }: Look): Shot {
  const parts = [look.page, view, look.theme, look.size, look.peers, language === 'en' ? undefined : language]
  return { ...look, language, name: parts.filter(part => part !== undefined).join('-') }
}

const everyPage = everyView.flatMap(page =>
  themes.flatMap(theme => (['wide', 'narrow'] as const).map(size => shot({ page, theme, size, peers: 40 }))),
)
const otherNetworks = peopled.flatMap(page =>
  themes.flatMap(theme =>
    (['wide', 'narrow'] as const).flatMap(size => [0, 3, 2_000].map(peers => shot({ page, theme, size, peers }))),
  ),
)

const choose = (name: string) => (page: Page) => page.getByRole('radio', { name, exact: true }).click()
const views: Shot[] = themes.flatMap(theme => [
  shot({ page: 'topology', view: 'ring', theme, size: 'wide', peers: 40, prepare: choose('Ring') }),
  shot({ page: 'topology', view: 'table', theme, size: 'wide', peers: 40, prepare: choose('Table') }),
  shot({
    page: 'topology',
    view: 'details',
    theme,
    size: 'wide',
    peers: 12,
    prepare: async page => {
      await page.getByRole('img', { name: /^Network graph/ }).focus()
      await page.keyboard.press('Enter')
      await page.keyboard.press('Shift+ArrowRight')
    },
  }),
])

const engines: Shot[] = themes.flatMap(theme =>
  (['wide', 'narrow'] as const).map(size =>
    shot({
      page: 'settings',
      view: 'engines',
      theme,
      size,
      peers: 40,
      prepare: async page => {
        await page.getByText('Limits, health and what it needs').click()
        await page.getByRole('heading', { name: 'Language engines' }).evaluate(each => each.scrollIntoView())
      },
    }),
  ),
)

const german = everyView.flatMap(page =>
  (['wide', 'narrow'] as const).map(size => shot({ page, theme: 'light', size, peers: 40, language: 'de' })),
)
const extremes = everyView.flatMap(page =>
  (['smallest', 'largest'] as const).map(size => shot({ page, theme: 'light', size, peers: 40 })),
)

/** Every page in both themes and two widths, in networks of 0 to 2,000 peers. */
export const shots: readonly Shot[] = [...everyPage, ...otherNetworks, ...views, ...engines]
/** What else is looked at after a change: the other language, and the smallest and largest screens. */
export const furtherShots: readonly Shot[] = [...german, ...extremes]
