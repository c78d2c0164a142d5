import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { allowanceSchema } from '../schema/allowance.ts'
import {
  contributionSchema,
  daySpanSchema,
  exportFormatSchema,
  exportPieceSchema,
  hourlyTotalSchema,
  hourSpanSchema,
} from '../schema/contribution.ts'
import { coordinatorsSnapshotSchema } from '../schema/coordinators.ts'
import { desktopPatchSchema, desktopSchema } from '../schema/desktop.ts'
import { diagnosisSchema } from '../schema/diagnosis.ts'
import { hardwareReportSchema } from '../schema/hardware.ts'
import { jobsSnapshotSchema } from '../schema/job.ts'
import { limitsSchema } from '../schema/limits.ts'
import { keptLoadPoints, loadPointSchema } from '../schema/load.ts'
import { logEntrySchema } from '../schema/log.ts'
import { joinInputSchema, joinResultSchema, membershipSchema } from '../schema/membership.ts'
import { locationSchema, requestIdSchema, serviceTypeSchema } from '../schema/primitives.ts'
import { routingReportSchema } from '../schema/routing.ts'
import { settingsPatchSchema, settingsSchema } from '../schema/settings.ts'
import { statusSchema } from '../schema/status.ts'
import { topologySchema } from '../schema/topology.ts'
import { installOfferSchema, installStepSchema, tunnelSchema } from '../schema/tunnel.ts'
import { vpnSchema } from '../schema/vpn.ts'
import { day, second } from '../units.ts'
import { contractErrors } from './errors.ts'

const procedure = oc.errors(contractErrors)

/** At least a second, at most a year. */
const durationSchema = z
  .number()
  .int()
  .min(second)
  .max(366 * day)

/**
 * Everything a page or the command line may ask of a node. The `watch` procedures push a whole snapshot at once and
 * then on each change, the newest replacing any that was not read yet.
 */
export const contract = {
  status: {
    get: procedure.output(statusSchema),
    watch: procedure.output(eventIterator(statusSchema)),
  },
  donation: {
    /** The first time it is switched on, `consent` must be true: CONSENT_REQUIRED otherwise. */
    set: procedure.input(z.object({ donating: z.boolean(), consent: z.boolean().optional() })).output(z.void()),
    /** Finishes what runs, then switches donating off. */
    finish: procedure.output(z.void()),
    /** Stops all work at once; without `forMs` until `resume`. Outlives the node. */
    pause: procedure.input(z.object({ forMs: durationSchema.optional() })).output(z.void()),
    /** Works although the owner's rules would hold it; without `forMs` until `resume`. */
    workAnyway: procedure.input(z.object({ forMs: durationSchema.optional() })).output(z.void()),
    /** Ends a pause, leave to work anyway, and the wish to stop when all is finished. */
    resume: procedure.output(z.void()),
    /** Stops work on graphics cards alone and frees their memory; without `forMs` until `resumeGpu`. Outlives the node. */
    pauseGpu: procedure.input(z.object({ forMs: durationSchema.optional() })).output(z.void()),
    resumeGpu: procedure.output(z.void()),
  },
  network: {
    get: procedure.output(topologySchema),
    watch: procedure.output(eventIterator(topologySchema)),
    /** Why this node can or cannot take part. */
    diagnose: procedure.output(diagnosisSchema),
    /** The coordinators this node knows, nearest first; those at `location` before all others. */
    coordinators: procedure.input(z.object({ location: locationSchema.optional() })).output(coordinatorsSnapshotSchema),
    /** What this node's router did since it started, by service, path and worker. */
    statistics: procedure.output(routingReportSchema),
  },
  services: {
    set: procedure.input(z.object({ type: serviceTypeSchema, enabled: z.boolean() })).output(z.void()),
  },
  hardware: {
    /** What this machine is, as far as it was found out. */
    get: procedure.output(hardwareReportSchema),
    /** Looks again, which may take some seconds: for a card or driver that is new. */
    probe: procedure.output(hardwareReportSchema),
  },
  load: {
    /** The last ten minutes first, a point a second, then new points as they come, in batches. */
    watch: procedure.output(eventIterator(z.array(loadPointSchema).max(keptLoadPoints))),
  },
  jobs: {
    watch: procedure.output(eventIterator(jobsSnapshotSchema)),
    cancel: procedure.input(z.object({ id: requestIdSchema })).output(z.void()),
  },
  ledger: {
    contribution: procedure.input(daySpanSchema).output(contributionSchema),
    /** What ended in each hour, as far back as single jobs are kept. */
    hours: procedure.input(hourSpanSchema).output(z.object({ hours: z.array(hourlyTotalSchema) })),
    /** Takes over the jobs of another node's ledger, a file on the node's machine; answers how many were new. */
    import: procedure.input(z.object({ path: z.string().min(1).max(4_096) })).output(z.object({ added: z.number() })),
    /** Every job, a piece at a time, with how far it is. */
    export: procedure.input(z.object({ format: exportFormatSchema })).output(eventIterator(exportPieceSchema)),
  },
  membership: {
    get: procedure.output(membershipSchema),
    watch: procedure.output(eventIterator(membershipSchema)),
    /**
     * Joins the network of an invite. Nothing is changed where that fails: INVITE_MALFORMED, NO_COORDINATOR, or what the
     * coordinator refuses with.
     */
    join: procedure.input(joinInputSchema).output(joinResultSchema),
  },
  /** Whether it is wanted is in the settings. */
  vpn: {
    get: procedure.output(vpnSchema),
    watch: procedure.output(eventIterator(vpnSchema)),
  },
  /** Which tunnel is wanted is in the settings. */
  tunnel: {
    get: procedure.output(tunnelSchema),
    watch: procedure.output(eventIterator(tunnelSchema)),
    /** Whether the node can download cloudflared: what the owner is to be asked before `install`. */
    offer: procedure.output(installOfferSchema),
    /**
     * Downloads cloudflared, telling how far it is; who stops reading calls it off. Rejects with BUSY, SIDECAR_MISSING where
     * none is offered, SIDECAR_HASH_MISMATCH or SIDECAR_DOWNLOAD_FAILED; nothing of it is kept then.
     */
    install: procedure.output(eventIterator(installStepSchema)),
  },
  settings: {
    get: procedure.output(settingsSchema),
    watch: procedure.output(eventIterator(settingsSchema)),
    update: procedure.input(settingsPatchSchema).output(settingsSchema),
    /** What the node might do now under other limits, were Donate Compute on and nothing paused; again on each change. */
    preview: procedure.input(z.object({ limits: limitsSchema })).output(eventIterator(allowanceSchema)),
  },
  desktop: {
    get: procedure.output(desktopSchema),
    watch: procedure.output(eventIterator(desktopSchema)),
    /** These three reject with NOT_ON_DESKTOP where there is no app around the node. */
    set: procedure.input(desktopPatchSchema).output(z.void()),
    /** This and the next reject with UPDATES_OFF where `update` says that they are off. */
    checkForUpdate: procedure.output(z.void()),
    /** Once no job runs the app ends, is replaced and starts anew. */
    installUpdate: procedure.output(z.void()),
  },
  logs: {
    /** What somebody who helps has to know, as text without secrets. */
    diagnostics: procedure.output(z.object({ text: z.string() })),
    /** The kept entries first, then new ones as they come, in batches. */
    watch: procedure.output(eventIterator(z.array(logEntrySchema))),
  },
}
export type Contract = typeof contract
