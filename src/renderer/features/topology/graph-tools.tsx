import { Maximize, Minus, Plus } from 'lucide-react'
import { Button } from '../../components/button.tsx'
import { strings } from '../../strings/index.ts'
import styles from './graph-canvas.module.css'

const words = strings.topology

/** Zoom for those who have neither wheel nor keyboard at hand. */
export function GraphTools(tools: { onZoomIn: () => void; onZoomOut: () => void; onFit: () => void }) {
  return (
    <div className={styles.tools} data-covers>
      <Button kind="icon" aria-label={words.zoomIn} onPress={tools.onZoomIn}>
        <Plus size={16} aria-hidden />
      </Button>
      <Button kind="icon" aria-label={words.zoomOut} onPress={tools.onZoomOut}>
        <Minus size={16} aria-hidden />
      </Button>
      <Button kind="icon" aria-label={words.fit} onPress={tools.onFit}>
        <Maximize size={15} aria-hidden />
      </Button>
    </div>
  )
}
