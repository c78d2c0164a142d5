import net from 'node:net'

/** Makes this process connect from these loopback addresses, in turn: to others they are as many machines. */
export function speakFrom(addresses: readonly string[]): void {
  const connect = net.connect.bind(net)
  let next = 0
  const from = (options: net.NetConnectOpts) =>
    connect({ ...options, localAddress: addresses[next++ % addresses.length] } as net.NetConnectOpts)
  // libp2p's transport and the floods themselves pass options.
  net.connect = net.createConnection = from as typeof net.connect
}
