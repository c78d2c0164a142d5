/** The kernel keeps this many characters of a name. */
const commLength = 15

/** A program's name in the form that is compared: lower case, no folder, no `.exe`, no more than Linux keeps. */
export function executableName(name: string): string {
  const file = name.trim().split(/[/\\]/).at(-1) ?? ''
  return file
    .toLowerCase()
    .replace(/\.exe$/, '')
    .slice(0, commLength)
}
