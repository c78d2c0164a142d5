import type { NodeLook } from './node-look.ts'

/** Colours of the drawing, taken from the design tokens as the present theme resolves them. */
export interface Palette {
  nodes: Record<NodeLook, string>
  edge: string
  edgeStrong: string
  text: string
  page: string
  accent: string
  bad: string
}

/** Resolves the tokens through a probe element, because custom properties keep `light-dark()` unresolved. */
export function readPalette(parent: HTMLElement): Palette {
  const probe = document.createElement('span')
  parent.append(probe)
  const color = (token: string) => {
    probe.style.color = `var(--${token})`
    return getComputedStyle(probe).color
  }
  const palette: Palette = {
    nodes: {
      self: color('node-self'),
      worker: color('node-worker'),
      paused: color('node-paused'),
      peer: color('node-peer'),
      coordinator: color('node-coordinator'),
    },
    edge: color('edge'),
    edgeStrong: color('edge-strong'),
    text: color('text'),
    page: color('page'),
    accent: color('accent'),
    bad: color('bad'),
  }
  probe.remove()
  return palette
}
