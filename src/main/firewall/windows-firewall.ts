import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { type Milliseconds, second } from '../../shared/units.ts'

const timeoutMs: Milliseconds = 20 * second

/** `unasked`: Windows will ask as soon as the node listens. `blocked`: somebody has refused, or an administrator has. */
export type FirewallState = 'unasked' | 'allowed' | 'blocked'

const ruleSchema = z.object({ Action: z.string(), Direction: z.string(), Enabled: z.string() })
/** PowerShell writes one rule as an object, several as an array, and none as nothing. */
const rulesSchema = z.union([z.array(ruleSchema), ruleSchema.transform(rule => [rule])])

/** What the rules for a program come to. A rule that blocks wins over any that allows: Windows makes one when its question is declined. */
export function firewallState(output: string): FirewallState {
  if (output.trim() === '') return 'unasked'
  const incoming = rulesSchema
    .parse(JSON.parse(output))
    .filter(({ Direction, Enabled }) => Direction === 'Inbound' && Enabled === 'True')
  if (incoming.some(({ Action }) => Action === 'Block')) return 'blocked'
  return incoming.some(({ Action }) => Action === 'Allow') ? 'allowed' : 'unasked'
}

/** The path is read from the environment, so that none can be a command. */
const query = [
  'Get-NetFirewallApplicationFilter -Program $env:RMA_PROGRAM -ErrorAction SilentlyContinue',
  'Get-NetFirewallRule',
  'Select-Object @{n="Action";e={"$($_.Action)"}},@{n="Direction";e={"$($_.Direction)"}},@{n="Enabled";e={"$($_.Enabled)"}}',
  'ConvertTo-Json -Compress',
].join(' | ')

/** Asks Windows' own firewall about a program. Rejects where it cannot be asked. */
export async function askFirewall(program: string, env: NodeJS.ProcessEnv): Promise<FirewallState> {
  const powershell = join(env.SystemRoot ?? 'C:\\Windows', 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe')
  const { stdout } = await promisify(execFile)(
    powershell,
    ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Restricted', '-Command', query],
    { env: { ...env, RMA_PROGRAM: program }, timeout: timeoutMs, windowsHide: true, maxBuffer: 1_048_576 },
  )
  return firewallState(stdout)
}
