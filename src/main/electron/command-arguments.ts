/** Switch with which the app runs as the `rma-donor` command: the fuse that would let it run as Node is blown. */
const commandSwitch = '--cli'

/**
 * The arguments of the `rma-donor` command; undefined when the app is started as an app. What comes after `--` is read by
 * nobody but the command: Chromium takes no switch from there.
 */
export function commandArguments(argv: readonly string[]): readonly string[] | undefined {
  const end = argv.indexOf('--')
  const own = end === -1 ? argv : argv.slice(0, end)
  if (!own.slice(1).includes(commandSwitch)) return undefined
  return end === -1 ? argv.slice(argv.indexOf(commandSwitch) + 1) : argv.slice(end + 1)
}
