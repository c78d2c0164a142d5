import { drawPage } from '../e2e/support/letters.ts'

/** A page to be read, and what it says. */
export interface BenchPage {
  lines: string[]
  png: Buffer
}

const words =
  `about account address after agreement allowance annual appeal application appointment assessment balance bank before
  benefit building change children circumstances claim community complete contact council court decision department
  details document each education employment evidence family figures following form from guidance health hearing help
  household housing income information insurance interview issue join keep landlord learn letter living local manager
  meeting member month monthly national notice number office officer order original page partner payment people period
  person please policy provide pension public question receive record reference register rent repair reply report request
  review right school section service sign society statement status support system tenancy tenant their there therefore
  think this through together total under until update using value visit waiting weekly welcome which within without
  working would writing year yesterday young`.split(/\s+/)

/** A4 at 200 dpi. */
const size = { width: 1_654, height: 2_339 }

/** A full page of small print, another for each `seed`. */
export function densePage(seed: number): Promise<BenchPage> {
  return pageOf(linesOf(seed, 60, 13), 23)
}

/** A short letter, another for each `seed`. */
export function shortLetter(seed: number): Promise<BenchPage> {
  return pageOf(linesOf(seed, 9, 8), 34)
}

async function pageOf(lines: string[], fontSize: number): Promise<BenchPage> {
  return {
    lines,
    png: await drawPage(lines, { ...size, fontSize })
      .png()
      .toBuffer(),
  }
}

function linesOf(seed: number, lines: number, wordsInLine: number): string[] {
  const next = numbersFrom(seed)
  const word = () => words[Math.floor(next() * words.length)] ?? ''
  return Array.from({ length: lines }, () => Array.from({ length: wordsInLine }, word).join(' '))
}

/** Park and Miller's generator: the same numbers, 0 to 1, for the same seed. */
function numbersFrom(seed: number): () => number {
  let state = seed + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
