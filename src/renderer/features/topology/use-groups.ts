import { useMemo, useState } from 'react'
import type { Topology } from '../../../shared/schema/topology.ts'
import { type Grouping, groupsOf, type NodeGroup, suggestedGrouping } from './grouping.ts'
import { noPins, type Pins } from './pins.ts'

export interface Groups {
  grouping: Grouping
  groups: readonly NodeGroup[]
  /** Ids of those whose members are shown. */
  open: ReadonlySet<string>
  group(grouping: Grouping): void
  /** Opens or closes a group; false where `id` is none. */
  toggle(id: string | undefined): boolean
}

/** How the network is grouped: as suggested for its size until somebody chooses. */
export function useGroups(topology: Topology | undefined, pins: Pins = noPins): Groups {
  const [chosen, choose] = useState<Grouping>()
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const grouping = chosen ?? (topology === undefined ? 'none' : suggestedGrouping(topology))
  const groups = useMemo(
    () => (topology === undefined ? [] : groupsOf(topology, grouping, id => pins.has(id))),
    [topology, grouping, pins],
  )
  return {
    grouping,
    groups,
    open,
    group: choose,
    toggle(id) {
      if (id === undefined || !groups.some(group => group.id === id)) return false
      setOpen(now => (now.has(id) ? new Set([...now].filter(other => other !== id)) : new Set([...now, id])))
      return true
    },
  }
}
