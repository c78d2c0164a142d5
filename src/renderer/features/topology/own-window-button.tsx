import { AppWindow } from 'lucide-react'
import { Button } from '../../components/button.tsx'
import { strings } from '../../strings/index.ts'

const target = '#/topology?window=1'

/** Opens the topology in a window without navigation. The desktop app answers this with its own topology window. */
export function OwnWindowButton() {
  const open = () => window.open(target, 'rma-donor-topology', 'popup,width=1000,height=760')
  return (
    <Button kind="icon" aria-label={strings.topology.ownWindow} onPress={open}>
      <AppWindow size={17} aria-hidden />
    </Button>
  )
}
