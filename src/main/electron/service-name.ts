import type { ServiceType } from '../../shared/schema/primitives.ts'
import { serviceNameIn } from '../../shared/service-name.ts'
import { strings } from './strings.ts'

/** A service in the language of the desktop app. */
export const serviceName = (type: ServiceType): string => serviceNameIn(strings.services, type)
