import { describe, expect, it } from 'vitest'
import { parseArguments } from './arguments.ts'

const names = ['ocr', 'discovery']
const parse = (...args: string[]) => parseArguments(args, names)

describe('the arguments of a benchmark run', () => {
  it('ask for the list when they name none', () => {
    expect(parse()).toEqual({ kind: 'list' })
  })

  it('name a benchmark, which is then repeated three times', () => {
    expect(parse('ocr')).toEqual({ kind: 'run', name: 'ocr', repeats: 3 })
  })

  it('take a file and a number of repeats, before the name or after it', () => {
    const expected = { kind: 'run', name: 'discovery', repeats: 5, json: 'out.json' }
    expect(parse('discovery', '--json', 'out.json', '--repeats', '5')).toEqual(expected)
    expect(parse('--repeats=5', '--json=out.json', 'discovery')).toEqual(expected)
  })

  it('name all, or some of all', () => {
    expect(parse('all')).toEqual({ kind: 'all', names: ['ocr', 'discovery'], repeats: 3 })
    expect(parse('all', 'discovery', '--repeats', '1')).toEqual({ kind: 'all', names: ['discovery'], repeats: 1 })
  })

  it.each([
    [['all', 'walk'], 'expected some of ocr, discovery, got walk'],
    [['all', '--json', 'out.json'], 'expected one benchmark'],
    [['walk'], 'expected one of ocr, discovery, got walk'],
    [['ocr', 'discovery'], 'expected one benchmark, got ocr, discovery'],
    [['ocr', '--repeats', '0'], '--repeats: expected a number from 1 to 100, got 0'],
    [['ocr', '--repeats', '1000'], '--repeats: expected a number from 1 to 100, got 1000'],
    [['ocr', '--repeats', 'often'], '--repeats: expected a number from 1 to 100, got often'],
    [['ocr', '--json='], '--json: expected a file name, got nothing'],
  ])('are refused when they are %j', (args, message) => {
    expect(() => parse(...args)).toThrow(message)
  })

  it('are refused when they hold an option there is not', () => {
    expect(() => parse('ocr', '--fast')).toThrow('--fast')
  })
})
