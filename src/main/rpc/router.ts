import { implement } from '@orpc/server'
import { contract } from '../../shared/contract/index.ts'
import type { NodeApi } from './node-api.ts'

/** The contract, answered by `node`. Streams end when the caller stops reading, cancels or disconnects. */
export function createRpcRouter(node: NodeApi) {
  const rpc = implement(contract)
  return rpc.router({
    status: {
      get: rpc.status.get.handler(() => node.status.get()),
      watch: rpc.status.watch.handler(({ signal }) => node.status.watch(signal)),
    },
    donation: {
      set: rpc.donation.set.handler(({ input }) => node.setDonating(input.donating, input.consent)),
      finish: rpc.donation.finish.handler(() => node.finish()),
      pause: rpc.donation.pause.handler(({ input }) => node.pause(input.forMs)),
      workAnyway: rpc.donation.workAnyway.handler(({ input }) => node.workAnyway(input.forMs)),
      resume: rpc.donation.resume.handler(() => node.resume()),
      pauseGpu: rpc.donation.pauseGpu.handler(({ input }) => node.pauseGpu(input.forMs)),
      resumeGpu: rpc.donation.resumeGpu.handler(() => node.resumeGpu()),
    },
    network: {
      get: rpc.network.get.handler(() => node.look()),
      watch: rpc.network.watch.handler(({ signal }) => {
        void node.look()
        return node.topology.watch(signal)
      }),
      coordinators: rpc.network.coordinators.handler(({ input }) => node.coordinators(input.location)),
      diagnose: rpc.network.diagnose.handler(() => node.diagnose()),
      statistics: rpc.network.statistics.handler(() => node.routingReport()),
    },
    services: {
      set: rpc.services.set.handler(({ input }) => node.setService(input.type, input.enabled)),
    },
    hardware: {
      get: rpc.hardware.get.handler(() => node.hardware()),
      probe: rpc.hardware.probe.handler(() => node.probeHardware()),
    },
    jobs: {
      watch: rpc.jobs.watch.handler(({ signal }) => node.jobs.watch(signal)),
      cancel: rpc.jobs.cancel.handler(({ input }) => node.cancelJob(input.id)),
    },
    load: {
      watch: rpc.load.watch.handler(({ signal }) => node.load.watch(signal)),
    },
    ledger: {
      contribution: rpc.ledger.contribution.handler(({ input }) => node.contribution(input)),
      hours: rpc.ledger.hours.handler(async ({ input }) => ({ hours: await node.hours(input) })),
      import: rpc.ledger.import.handler(async ({ input }) => ({ added: await node.importJobs(input.path) })),
      export: rpc.ledger.export.handler(({ input, signal }) => node.exportJobs(input.format, signal)),
    },
    membership: {
      get: rpc.membership.get.handler(() => node.membership.get()),
      watch: rpc.membership.watch.handler(({ signal }) => node.membership.watch(signal)),
      join: rpc.membership.join.handler(({ input }) => node.join(input)),
    },
    vpn: {
      get: rpc.vpn.get.handler(() => node.vpn.get()),
      watch: rpc.vpn.watch.handler(({ signal }) => node.vpn.watch(signal)),
    },
    tunnel: {
      get: rpc.tunnel.get.handler(() => node.tunnel.get()),
      watch: rpc.tunnel.watch.handler(({ signal }) => node.tunnel.watch(signal)),
      offer: rpc.tunnel.offer.handler(({ signal }) => node.cloudflared.offer(signal)),
      install: rpc.tunnel.install.handler(({ signal }) => node.cloudflared.run(signal)),
    },
    settings: {
      get: rpc.settings.get.handler(() => node.settings.get()),
      watch: rpc.settings.watch.handler(({ signal }) => node.settings.watch(signal)),
      update: rpc.settings.update.handler(({ input }) => node.updateSettings(input)),
      preview: rpc.settings.preview.handler(({ input, signal }) => node.previewLimits(input.limits, signal)),
    },
    desktop: {
      get: rpc.desktop.get.handler(() => node.shell.state.get()),
      watch: rpc.desktop.watch.handler(({ signal }) => node.shell.state.watch(signal)),
      set: rpc.desktop.set.handler(({ input }) => node.shell.change(input)),
      checkForUpdate: rpc.desktop.checkForUpdate.handler(() => node.shell.checkForUpdate()),
      installUpdate: rpc.desktop.installUpdate.handler(() => node.shell.installUpdate()),
    },
    logs: {
      diagnostics: rpc.logs.diagnostics.handler(() => ({ text: node.diagnostics() })),
      watch: rpc.logs.watch.handler(({ signal }) => node.logs.watch(signal)),
    },
  })
}
