import { join } from 'node:path'

/** The built pages; others where `PAGES_FOLDER` names them. */
export const pagesFolder = process.env.PAGES_FOLDER ?? join(import.meta.dirname, '..', '..', 'out', 'renderer')
