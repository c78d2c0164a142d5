import type { TopologyNode } from '../../../shared/schema/topology.ts'
import { type ItemLook, nodeLook } from './node-look.ts'
import styles from './node-symbol.module.css'

/** The mark of a node beside words, the same as in the graph. */
export function NodeSymbol({ node }: { node: TopologyNode }) {
  return <LookSymbol look={nodeLook(node)} />
}

export function LookSymbol({ look }: { look: Exclude<ItemLook, 'open-group'> }) {
  return (
    <svg className={styles.symbol} data-look={look} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      {look === 'coordinator' && <path d="M8 1.8 14.2 8 8 14.2 1.8 8Z" />}
      {look === 'worker' && <circle cx="8" cy="8" r="5.5" />}
      {look === 'group' && (
        <>
          <circle className={styles.pale} cx="8" cy="8" r="7" />
          <circle className={styles.share} cx="8" cy="8" r="4.5" />
        </>
      )}
      {look === 'peer' && <circle className={styles.hollow} cx="8" cy="8" r="4.5" />}
      {look === 'paused' && (
        <>
          <circle cx="8" cy="8" r="5.5" />
          <path className={styles.bars} d="M6.4 5.8v4.4M9.6 5.8v4.4" />
        </>
      )}
      {look === 'self' && (
        <>
          <circle cx="8" cy="8" r="6.6" />
          <circle className={styles.ring} cx="8" cy="8" r="3.7" />
        </>
      )}
    </svg>
  )
}
