import { CircuitBoard, Cpu, MemoryStick, Network } from 'lucide-react'
import { useNode } from '../../store/node-context.tsx'
import { formatMebibytes } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { JoinForm } from '../membership/join-form.tsx'
import styles from './machine-step.module.css'

/** What was found of the machine, and the network it is in. */
export function MachineStep() {
  const capabilities = useNode(state => state.status?.capabilities)
  const cpuModel = useNode(state => state.status?.cpuModel)
  const network = useNode(state => state.status?.self.network)
  if (capabilities === undefined || network === undefined) return null
  const words = strings.status
  const facts = [
    { icon: Cpu, name: words.cpu, value: `${cpuModel}, ${words.threads({ count: capabilities.cpuThreads })}` },
    { icon: MemoryStick, name: words.memory, value: formatMebibytes(capabilities.memoryMiB) },
    {
      icon: CircuitBoard,
      name: strings.welcome.gpu,
      value: capabilities.gpus.map(({ model }) => model).join(', ') || words.noGpu,
    },
    {
      icon: Network,
      name: words.network,
      value: network.open ? strings.welcome.openNetwork({ name: network.name }) : network.name,
    },
  ]
  return (
    <>
      <dl className={styles.facts}>
        {facts.map(({ icon: Icon, name, value }) => (
          <div key={name}>
            <dt>
              <Icon size={18} strokeWidth={1.75} aria-hidden />
              {name}
            </dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <details className={styles.invite}>
        <summary>{strings.welcome.haveInvite}</summary>
        <JoinForm />
      </details>
    </>
  )
}
