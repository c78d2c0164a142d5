import { serviceNameIn } from '../../shared/service-name.ts'
import { strings } from './index.ts'

/** A service in the language of the pages. */
export const serviceName = (type: string): string => serviceNameIn(strings.services.name, type)
