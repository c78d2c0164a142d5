// Loaded before a node so that what it dials on loopback goes through the test's fault proxy, which learns who dials whom:
// NODE_OPTIONS=--import=<this file>, TEST_FAULT_PROXY=<port>, TEST_FAULT_NAME=<name of the node>.
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

const proxyPort = Number(process.env.TEST_FAULT_PROXY)
const name = process.env.TEST_FAULT_NAME
const connect = net.connect.bind(net)

function connectThroughProxy(options, ...rest) {
  if (typeof options !== 'object' || options.port === undefined || options.host !== '127.0.0.1')
    return connect(options, ...rest)
  const socket = connect({ ...options, port: proxyPort }, ...rest)
  // Written before all else, whenever the connection is there.
  socket.write(`${name} ${options.port}\n`)
  return socket
}

net.connect = net.createConnection = connectThroughProxy
syncBuiltinESMExports()
