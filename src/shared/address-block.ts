/**
 * What one machine has to itself of the IP addresses, by which limits count: an IPv4 address, or the /64 of an IPv6 one. Of
 * text that is no address the first 64 characters. Pure.
 */
export function addressBlock(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const url = `http://[${address.split('%')[0]}]`
  if (!address.includes(':') || !URL.canParse(url)) return address.slice(0, 64)
  const [head = '', tail] = new URL(url).hostname.slice(1, -1).split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`
}
