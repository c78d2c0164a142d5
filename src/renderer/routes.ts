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
import { strings } from './strings/index.ts'

/** A page of the dashboard. It gets its own chunk; a new page is one more entry here. */
export interface Route {
  path: string
  /** In the language of the moment. */
  title: () => string
  icon: LucideIcon
  page: ComponentType
  /** The page fills the window and scrolls by itself, instead of flowing down it. */
  fills: boolean
}

const status: Route = {
  path: 'status',
  title: () => strings.page.status,
  icon: HeartHandshake,
  page: lazy(() => import('./features/status/status-page.tsx')),
  fills: false,
}

export const routes: readonly Route[] = [
  status,
  {
    path: 'load',
    title: () => strings.page.load,
    icon: Activity,
    page: lazy(() => import('./features/load/load-page.tsx')),
    fills: false,
  },
  {
    path: 'jobs',
    title: () => strings.page.jobs,
    icon: ListChecks,
    page: lazy(() => import('./features/jobs/jobs-page.tsx')),
    fills: true,
  },
  {
    path: 'contribution',
    title: () => strings.page.contribution,
    icon: ChartColumn,
    page: lazy(() => import('./features/contribution/contribution-page.tsx')),
    fills: false,
  },
  {
    path: 'services',
    title: () => strings.page.services,
    icon: Blocks,
    page: lazy(() => import('./features/services/services-page.tsx')),
    fills: false,
  },
  {
    path: 'topology',
    title: () => strings.page.topology,
    icon: Waypoints,
    page: lazy(() => import('./features/topology/topology-page.tsx')),
    fills: true,
  },
  {
    path: 'network',
    title: () => strings.page.network,
    icon: Network,
    page: lazy(() => import('./features/network/network-page.tsx')),
    fills: false,
  },
  {
    path: 'settings',
    title: () => strings.page.settings,
    icon: Settings2,
    page: lazy(() => import('./features/settings/settings-page.tsx')),
    fills: false,
  },
  {
    path: 'logs',
    title: () => strings.page.logs,
    icon: ScrollText,
    page: lazy(() => import('./features/logs/logs-page.tsx')),
    fills: true,
  },
  {
    path: 'about',
    title: () => strings.page.about,
    icon: Info,
    page: lazy(() => import('./features/about/about-page.tsx')),
    fills: false,
  },
]

/** The page of a path; the first page where there is none. */
export function routeFor(path: string): Route {
  return routes.find(route => route.path === path) ?? status
}
