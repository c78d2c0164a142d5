import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** How a source file reads what somebody else has written: a schema's parse, JSON, CBOR, or a decoder of this program's. */
const parses = /\.(?:safeParse|parse)(?:Async)?\(|\bJSON\.parse\(|(?<![.\w])decode\(|\bprivateKeyFromProtobuf\(/

/** Where bytes come in: pages talk to the node alone, over the contract; what a page is sent is the node's own. */
const folders = ['src/main', 'src/shared', 'src/edge-router']
const isTest = /\.test\.ts$|\/testing\/|\/stand-in\/|\/test-[a-z-]+\.ts$/

/** Source files that parse, as far as that can be told from their text. */
export function parsingFiles(root: string): string[] {
  return folders
    .flatMap(folder => globSync(`${folder}/**/*.ts`, { cwd: root }))
    .filter(file => !isTest.test(file) && parses.test(readFileSync(join(root, file), 'utf8')))
    .sort()
}
