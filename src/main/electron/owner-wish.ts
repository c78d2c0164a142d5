import type { ServiceType } from '../../shared/schema/primitives.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { NodeApi } from '../rpc/node-api.ts'

/** What the owner wants of their machine now. Without `forMs`, until they resume. */
export type OwnerWish =
  | { kind: 'pause'; forMs?: Milliseconds | undefined }
  | { kind: 'work-anyway'; forMs?: Milliseconds | undefined }
  | { kind: 'resume' }
  | { kind: 'pause-gpu'; forMs?: Milliseconds | undefined }
  | { kind: 'resume-gpu' }
  | { kind: 'finish' }
  | { kind: 'service'; type: ServiceType; enabled: boolean }

export type OwnedNode = Pick<
  NodeApi,
  'pause' | 'workAnyway' | 'resume' | 'pauseGpu' | 'resumeGpu' | 'finish' | 'setService'
>

/** Rejects as the node does. */
export function tell(node: OwnedNode, wish: OwnerWish): Promise<void> {
  switch (wish.kind) {
    case 'pause':
      return node.pause(wish.forMs)
    case 'work-anyway':
      return node.workAnyway(wish.forMs)
    case 'resume':
      return node.resume()
    case 'pause-gpu':
      return node.pauseGpu(wish.forMs)
    case 'resume-gpu':
      return node.resumeGpu()
    case 'finish':
      return node.finish()
    case 'service':
      return node.setService(wish.type, wish.enabled)
  }
}
