import type { Command } from 'commander'
import type { HardwareReport, OwnGpu } from '../../shared/schema/hardware.ts'
import { type CommandContext, type CommonOptions, dataFolderOption, jsonOption, print } from './command-context.ts'
import { formatMemory, formatPercent } from './format.ts'
import { askNode, findRunningNode } from './running-node.ts'
import { formatTable } from './table.ts'

/** `hardware`: what the node found this machine to be, after another look where that is asked for. */
export function addHardware(program: Command, context: CommandContext): void {
  program
    .command('hardware')
    .description('what the node found this machine to be')
    .option('--probe', 'look again first: for a card or driver that is new')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: CommonOptions & { probe?: boolean }) => {
      const node = await findRunningNode(options.dataFolder, context.env)
      const report = await askNode(node, rpc => (options.probe === true ? rpc.hardware.probe() : rpc.hardware.get()))
      print(context, options, report, () => formatHardware(report))
    })
}

export function formatHardware({ cpuModel, cpuThreads, memoryMiB, gpus, power, celsius }: HardwareReport): string {
  const cards = gpus.length === 0 ? ['none found'] : gpus.map(gpuText)
  const charge = power?.percent === undefined ? '' : ` (${Math.round(power.percent)} %)`
  return formatTable([
    ['Processor', `${cpuModel}, ${cpuThreads} threads${celsius === undefined ? '' : `, ${Math.round(celsius)} °C`}`],
    ['Memory', formatMemory(memoryMiB)],
    ...cards.map((text, index) => [index === 0 ? 'Graphics' : '', text]),
    ...(power === undefined ? [] : [['Power', `${power.source}${charge}`]]),
  ])
}

function gpuText({ model, vramMiB, sharedMemory, freeMiB, busy, celsius, driver, usableBy }: OwnGpu): string {
  const memory = sharedMemory ? 'memory of the system' : vramMiB === 0 ? 'memory unknown' : formatMemory(vramMiB)
  return [
    `${model}: ${memory}`,
    ...(freeMiB === undefined ? [] : [`${formatMemory(freeMiB)} free`]),
    ...(busy === undefined ? [] : [`${formatPercent(busy)} busy`]),
    ...(celsius === undefined ? [] : [`${Math.round(celsius)} °C`]),
    ...(driver === undefined ? [] : [`driver ${driver}`]),
    usableBy.length === 0 ? 'no known engine computes on it' : `for ${usableBy.join(', ')}`,
  ].join(', ')
}
