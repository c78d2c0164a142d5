import { describe, expect, it } from 'vitest'
import { LiveValue, mapped } from './live-value.ts'

describe('a live value', () => {
  it('gives a watcher what is, then only the newest of what came meanwhile', async () => {
    const value = new LiveValue(1)
    const seen: number[] = []
    for await (const each of value.watch()) {
      seen.push(each)
      if (each === 1) for (const next of [2, 3, 4]) value.set(next)
      if (each === 4) break
    }
    expect(seen).toEqual([1, 4])
  })

  it('makes what was set for later once, when somebody asks, and not at all where it was replaced', async () => {
    const value = new LiveValue(0)
    const made: number[] = []
    const later = (next: number) =>
      value.setLater(() => {
        made.push(next)
        return next
      })
    for (const next of [1, 2]) later(next)
    expect([value.get(), value.get()]).toEqual([2, 2])
    const watcher = value.watch()
    await watcher.next()
    const next = watcher.next()
    later(3)
    expect((await next).value).toBe(3)
    later(4)
    value.set(5)
    expect(value.get()).toBe(5)
    value.update(before => before + 1)
    expect([value.get(), made]).toEqual([6, [2, 3]])
  })

  it('wakes a waiting watcher on a change', async () => {
    const value = new LiveValue('before')
    const watcher = value.watch()
    await watcher.next()
    const next = watcher.next()
    value.set('after')
    expect(await next).toEqual({ done: false, value: 'after' })
  })

  it('ends a watcher when its signal aborts', async () => {
    const controller = new AbortController()
    const watcher = new LiveValue(0).watch(controller.signal)
    await watcher.next()
    const next = watcher.next()
    controller.abort()
    expect(await next).toEqual({ done: true, value: undefined })
  })

  it('calls a subscriber until it unsubscribes', () => {
    const value = new LiveValue(0)
    const seen: number[] = []
    const unsubscribe = value.subscribe(each => seen.push(each))
    value.set(1)
    unsubscribe()
    value.set(2)
    expect(seen).toEqual([1])
  })
})

it('a mapped value follows its source', () => {
  const source = new LiveValue(2)
  const doubled = mapped(source, value => value * 2)
  const seen: number[] = []
  doubled.subscribe(value => seen.push(value))
  expect(doubled.get()).toBe(4)
  source.set(5)
  expect([doubled.get(), seen]).toEqual([10, [10]])
})
