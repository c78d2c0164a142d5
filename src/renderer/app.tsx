import { lazy, Suspense, useEffect, useRef } from 'react'
import { I18nProvider } from 'react-aria-components'
import styles from './app.module.css'
import { ErrorBoundary } from './components/error-boundary.tsx'
import { LinkBanner } from './components/link-banner.tsx'
import { WaitingForNode } from './components/waiting-for-node.tsx'
import { applyLanguage } from './features/appearance/language.ts'
import { applyTheme } from './features/appearance/theme.ts'
import { OwnerBanner } from './features/pause/owner-banner.tsx'
import { useHashLocation } from './hash-location.ts'
import { Navigation } from './navigation.tsx'
import { routeFor } from './routes.ts'
import { useNode } from './store/node-context.tsx'
import { strings } from './strings/index.ts'
import { useLocale } from './strings/use-locale.ts'

const Welcome = lazy(() => import('./features/welcome/welcome.tsx'))

export function App() {
  const { path, ownWindow } = useHashLocation()
  const route = routeFor(path)
  const main = useRef<HTMLElement>(null)
  const theme = useNode(state => state.settings?.appearance.theme)
  const language = useNode(state => state.settings?.appearance.language)
  const locale = useLocale()
  const hasStatus = useNode(state => state.status !== undefined)
  useEffect(() => {
    if (theme !== undefined) applyTheme(theme)
  }, [theme])
  useEffect(() => {
    if (language !== undefined) applyLanguage(language)
  }, [language])
  useEffect(() => {
    document.documentElement.lang = locale
    document.title = `${route.title()} · ${strings.app.name}`
  }, [route, locale])

  const Page = route.page
  const isFirstRun = useNode(({ settings, status }) => settings?.welcomed === false && status?.consent === false)
  if (isFirstRun && !ownWindow && route.path === 'status') {
    return (
      <I18nProvider locale={locale}>
        <Suspense fallback={<output className={styles.loading}>{strings.app.loadingPage}</output>}>
          <div className={styles.firstRun}>
            <LinkBanner />
            <Welcome />
          </div>
        </Suspense>
      </I18nProvider>
    )
  }
  return (
    <I18nProvider locale={locale}>
      <div className={styles.app} data-own-window={ownWindow || undefined}>
        {!ownWindow && (
          <button type="button" className={styles.skip} onClick={() => main.current?.focus()}>
            {strings.app.skipToContent}
          </button>
        )}
        {!ownWindow && <Navigation current={route} />}
        <div className={styles.column}>
          <LinkBanner />
          <OwnerBanner />
          <main
            ref={main}
            tabIndex={-1}
            className={styles.main}
            data-fills={route.fills || undefined}
            data-waiting={!hasStatus || undefined}
          >
            {hasStatus ? (
              <ErrorBoundary key={route.path}>
                <Suspense fallback={<output className={styles.loading}>{strings.app.loadingPage}</output>}>
                  <Page />
                </Suspense>
              </ErrorBoundary>
            ) : (
              <WaitingForNode />
            )}
          </main>
        </div>
      </div>
    </I18nProvider>
  )
}
