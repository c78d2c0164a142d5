import { access, constants } from 'node:fs/promises'
import { posix, win32 } from 'node:path'
import { programFolders } from '../sidecar/program-folders.ts'

/** Where package managers put it although a desktop's PATH may not say so. */
const usualFolders = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin']

export interface NebulaPlaces {
  dataFolder: string
  /** As the environment has it. */
  path: string
  platform: NodeJS.Platform
}

/** Where it may be, in the order to look. Pure. */
export function nebulaPaths({ dataFolder, path, platform }: NebulaPlaces): string[] {
  const { join } = platform === 'win32' ? win32 : posix
  const name = platform === 'win32' ? 'nebula.exe' : 'nebula'
  const folders = [
    join(dataFolder, 'bin'),
    ...programFolders(path, platform),
    ...(platform === 'win32' ? [] : usualFolders),
  ]
  return folders.map(folder => join(folder, name))
}

/** The first `nebula` that may be run: in the data folder, on PATH, where package managers put it. */
export async function findNebula(places: NebulaPlaces): Promise<string | undefined> {
  for (const file of nebulaPaths(places)) if (await isExecutable(file)) return file
  return undefined
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** How to get it. */
export function howToInstall(platform: NodeJS.Platform): string {
  if (platform === 'linux') return 'install it with the system’s package manager, such as `sudo apt install nebula`'
  if (platform === 'darwin') return 'install it with `brew install nebula`'
  return 'download it from github.com/slackhq/nebula/releases and put nebula.exe on the PATH'
}

/** Other releases may want other settings. */
export function howToUpdate(configPath: string): string {
  return `install a release of nebula from 1.6.1 on, or look at ${configPath}; then switch the VPN off and on`
}

/** How to let it have a network card without running all of the node as root. */
export function howToPermit(platform: NodeJS.Platform, file: string): string {
  if (platform === 'linux') return `run \`sudo setcap cap_net_admin+ep ${file}\` once`
  return 'run the node as an administrator, or leave the VPN off: the other ways still work'
}
