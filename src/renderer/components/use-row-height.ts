import { useEffect, useState } from 'react'

/** Pixels of the type size that row heights are given for. */
const standardTypeSize = 16

function typeScale(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / standardTypeSize
}

/** `height` grown or shrunk with the page's type size, in whole pixels. */
export function useRowHeight(height: number): number {
  const [scale, setScale] = useState(typeScale)
  useEffect(() => {
    const onResize = () => setScale(typeScale())
    window.addEventListener('resize', onResize)
    return () => window.removeEventListener('resize', onResize)
  }, [])
  return Math.round(height * scale)
}
