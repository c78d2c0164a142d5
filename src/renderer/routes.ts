import type { LucideIcon } from 'lucide-react'
import {
  Activity,
  Blocks,
  ChartColumn,
  HeartHandshake,
  Info,
  ListChecks,
  Network,
  ScrollText,
  Settings2,
  Waypoints,
} from 'lucide-react'
import { type ComponentType, lazy } from 'react'
import { type PageName, pages } from '../shared/pages.ts'
import { strings } from './strings/index.ts'

/** A page of the dashboard. It gets its own chunk; a new page is one more entry here and in `shared/pages.ts`. */
export interface Route {
  path: PageName
  /** In the language of the moment. */
  title: () => string
  icon: LucideIcon
  page: ComponentType
  /** The page fills the window and scrolls by itself, instead of flowing down it. */
  fills: boolean
}

const details: Record<PageName, Omit<Route, 'path'>> = {
  status: {
    title: () => strings.page.status,
    icon: HeartHandshake,
    page: lazy(() => import('./features/status/status-page.tsx')),
    fills: false,
  },
  load: {
    title: () => strings.page.load,
    icon: Activity,
    page: lazy(() => import('./features/load/load-page.tsx')),
    fills: false,
  },
  jobs: {
    title: () => strings.page.jobs,
    icon: ListChecks,
    page: lazy(() => import('./features/jobs/jobs-page.tsx')),
    fills: true,
  },
  contribution: {
    title: () => strings.page.contribution,
    icon: ChartColumn,
    page: lazy(() => import('./features/contribution/contribution-page.tsx')),
    fills: false,
  },
  services: {
    title: () => strings.page.services,
    icon: Blocks,
    page: lazy(() => import('./features/services/services-page.tsx')),
    fills: false,
  },
  topology: {
    title: () => strings.page.topology,
    icon: Waypoints,
    page: lazy(() => import('./features/topology/topology-page.tsx')),
    fills: true,
  },
  network: {
    title: () => strings.page.network,
    icon: Network,
    page: lazy(() => import('./features/network/network-page.tsx')),
    fills: false,
  },
  settings: {
    title: () => strings.page.settings,
    icon: Settings2,
    page: lazy(() => import('./features/settings/settings-page.tsx')),
    fills: false,
  },
  logs: {
    title: () => strings.page.logs,
    icon: ScrollText,
    page: lazy(() => import('./features/logs/logs-page.tsx')),
    fills: true,
  },
  about: {
    title: () => strings.page.about,
    icon: Info,
    page: lazy(() => import('./features/about/about-page.tsx')),
    fills: false,
  },
}

const routeOf = (path: PageName): Route => ({ path, ...details[path] })

export const routes: readonly Route[] = pages.map(routeOf)

/** The page of a path; the first page where there is none. */
export function routeFor(path: string): Route {
  return routes.find(route => route.path === path) ?? routeOf('status')
}
