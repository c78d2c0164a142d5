import { useState } from 'react'
import { strings } from '../../strings/index.ts'
import styles from './legend.module.css'
import { LookSymbol } from './node-symbol.tsx'

const words = strings.topology
const nodes = () =>
  [
    { look: 'self', label: words.legendSelf },
    { look: 'worker', label: words.legendWorker },
    { look: 'paused', label: words.legendPaused },
    { look: 'peer', label: words.legendPeer },
    { look: 'coordinator', label: words.legendCoordinator },
  ] as const
const links = ['direct', 'relay', 'tunnel', 'vpn'] as const

/** What the marks and lines mean; those of groups where there are any. Closed at first where it would hide the picture. */
export function Legend({ grouped }: { grouped: boolean }) {
  const [open] = useState(() => !matchMedia('(max-width: 720px)').matches)
  return (
    <details className={styles.legend} open={open} data-covers>
      <summary>{words.legend}</summary>
      <div className={styles.marks}>
        <ul>
          {nodes().map(({ look, label }) => (
            <li key={look}>
              <LookSymbol look={look} /> {label}
            </li>
          ))}
          {grouped && (
            <li>
              <LookSymbol look="group" /> {words.legendGroup}
            </li>
          )}
        </ul>
        <div>
          <ul>
            {links.map(path => (
              <li key={path}>
                <span className={styles.line} data-path={path} /> {strings.path[path]}
              </li>
            ))}
          </ul>
          <p>{words.legendSize}</p>
          <p>{words.legendLoad}</p>
          <p>{words.legendFlash}</p>
        </div>
      </div>
    </details>
  )
}
