/** The pages of the dashboard, in the order of its navigation. Each is a route of the one document: `#/<page>`. */
export const pages = [
  'status',
  'load',
  'jobs',
  'contribution',
  'services',
  'topology',
  'network',
  'settings',
  'logs',
  'about',
] as const

export type PageName = (typeof pages)[number]
