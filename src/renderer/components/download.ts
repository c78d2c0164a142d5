/** Hands `text`, in one or many parts, to the reader as a file. */
export function downloadText(name: string, text: string | string[], type = 'text/plain'): void {
  const url = URL.createObjectURL(new Blob([text].flat(), { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
