import type { OcrPage } from '../../shared/schema/service.ts'
import type { Line } from './tesseract-words.ts'

type Word = OcrPage['words'][number]

/** Prose in columns has longer lines than the cells of tables and forms. */
const wordsInCell = 4
/** Lines that must stand beside others for blocks to be a table. */
const fewestRows = 3
/** Share of a line's height that it must share with its neighbour. */
const sideBySide = 0.5

interface Box {
  x0: number
  y0: number
  x1: number
  y1: number
}

interface PlacedLine extends Line, Box {}

interface Block extends Box {
  lines: PlacedLine[]
}

/**
 * Lines in the order in which a person reads them, each with its cells: the recogniser takes the columns of tables without
 * rules, and labels and boxes of forms, for columns of prose. Blocks that stand side by side, have short lines, and whose
 * lines stand side by side too, are read row by row. Undefined where nothing is to be put in another order.
 *
 * @returns groups of rows of cells of words
 */
export function inRows(lines: readonly Line[]): Word[][][][] | undefined {
  const blocks = blocksOf(lines)
  const groups = blocks.map(block => new Set([block]))
  for (const [index, block] of blocks.entries()) {
    for (const other of blocks.slice(index + 1)) {
      if (!areOneTable(block, other)) continue
      const [group, joining] = [groups.find(each => each.has(block)), groups.find(each => each.has(other))]
      if (group === undefined || joining === undefined || group === joining) continue
      for (const each of joining) group.add(each)
      groups.splice(groups.indexOf(joining), 1)
    }
  }
  const ordered = groups.map(group => rowsOf([...group].flatMap(block => block.lines)))
  const joined = ordered.flat().filter(cells => cells.length > 1)
  return joined.length >= fewestRows ? ordered : undefined
}

/** The text of rows: cells divided by tabs, groups by an empty line. */
export function textOfRows(groups: readonly Word[][][][]): string {
  const row = (cells: Word[][]) => cells.map(words => words.map(({ text }) => text).join(' ')).join('\t')
  return groups.map(rows => `${rows.map(row).join('\n')}\n`).join('\n')
}

function blocksOf(lines: readonly Line[]): Block[] {
  const blocks = new Map<number, Block>()
  for (const line of lines) {
    if (line.words.length === 0) continue
    const placed = { ...line, ...around(line.words.map(({ box }) => box)) }
    const others = blocks.get(line.block)?.lines ?? []
    const all = [...others, placed]
    blocks.set(line.block, { lines: all, ...around(all) })
  }
  return [...blocks.values()]
}

function areOneTable(a: Block, b: Block): boolean {
  if (Math.min(a.x1, b.x1) > Math.max(a.x0, b.x0) || sharedHeight(a, b) <= 0) return false
  if ([a, b].some(({ lines }) => lines.reduce((sum, { words }) => sum + words.length, 0) > wordsInCell * lines.length))
    return false
  const [fewer, more] = a.lines.length <= b.lines.length ? [a, b] : [b, a]
  const beside = fewer.lines.filter(line => more.lines.some(other => standSideBySide(line, other)))
  return beside.length > fewer.lines.length / 2
}

function standSideBySide(a: Box, b: Box): boolean {
  return sharedHeight(a, b) >= sideBySide * Math.min(a.y1 - a.y0, b.y1 - b.y0)
}

function sharedHeight(a: Box, b: Box): number {
  return Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0)
}

function rowsOf(lines: readonly PlacedLine[]): Word[][][] {
  const rows: PlacedLine[][] = []
  for (const line of [...lines].sort((a, b) => a.y0 + a.y1 - b.y0 - b.y1)) {
    const row = rows.at(-1)
    if (row?.every(other => standSideBySide(other, line) && other.block !== line.block)) row.push(line)
    else rows.push([line])
  }
  return rows.map(row => row.sort((a, b) => a.x0 - b.x0).map(({ words }) => words))
}

function around(boxes: readonly Box[]): Box {
  return {
    x0: Math.min(...boxes.map(({ x0 }) => x0)),
    y0: Math.min(...boxes.map(({ y0 }) => y0)),
    x1: Math.max(...boxes.map(({ x1 }) => x1)),
    y1: Math.max(...boxes.map(({ y1 }) => y1)),
  }
}
