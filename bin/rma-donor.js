#!/usr/bin/env node
// Starts the built command, on a Node that is new enough: this one, or the one that npm installed beside the command.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const oldestNode = 22
const command = new URL('../out/main/cli.js', import.meta.url)
const ownNode = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))

if (!existsSync(command)) {
  process.stderr.write('rma-donor: it is not built yet: run `npm run build` in its folder\n')
  process.exitCode = 1
} else if (Number.parseInt(process.versions.node, 10) >= oldestNode) {
  await import(command.href)
} else if (existsSync(ownNode)) {
  const child = spawn(ownNode, [fileURLToPath(command), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', code => process.exit(code ?? 1))
} else {
  process.stderr.write(`rma-donor: it needs Node ${oldestNode} or newer, this is ${process.versions.node}\n`)
  process.exitCode = 1
}
