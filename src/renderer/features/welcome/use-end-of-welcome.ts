import { useAction } from '../../components/use-action.ts'
import type { NodeClient } from '../../connection/node-client.ts'
import { useNodeStore } from '../../store/node-context.tsx'

/** Ends the first run for good, after what is done with it; a failure leaves it open. */
export function useEndOfWelcome() {
  const store = useNodeStore()
  const { run, ready, error } = useAction()
  const end = (first?: (client: NodeClient) => Promise<void>) =>
    run(async client => {
      await first?.(client)
      store.getState().setSettings(await client.settings.update({ welcomed: true }))
      window.location.hash = '#/status'
    })
  return { end, ready, error }
}
