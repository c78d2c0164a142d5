import { type RefObject, useEffect, useRef, useState } from 'react'

/** Whether the element can be seen: it is not scrolled out of view. */
export function useOnScreen<E extends Element>(): { element: RefObject<E | null>; onScreen: boolean } {
  const element = useRef<E>(null)
  const [onScreen, setOnScreen] = useState(true)
  useEffect(() => {
    if (element.current === null) return
    const observer = new IntersectionObserver(entries => setOnScreen(entries.at(-1)?.isIntersecting === true))
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [])
  return { element, onScreen }
}
