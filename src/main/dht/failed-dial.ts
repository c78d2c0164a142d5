// libp2p keeps of what went wrong in a handshake its message alone.
const handshakeErrors = ['EncryptionFailedError', 'MuxerUnavailableError']

/**
 * Whether a dial has failed in the way it does at a libp2p host without room for a connection: somebody listens, and hangs up
 * before the handshake has begun. Who that is has not been proven. What was never reached, does not answer, or turns out to be
 * somebody else, was not turned away. libp2p has no code of its own for it; tested against a full host and against sockets.
 */
export function isTurnedAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // A peer's addresses fail together; one at which somebody listens says that it is there.
  if (error instanceof AggregateError) return error.errors.some(isTurnedAway)
  if ('code' in error && error.code === 'ECONNRESET') return true
  return error.name === 'EncryptionFailedError' && /ECONNRESET|while reading 0\/\d+ bytes/.test(error.message)
}

/**
 * Whether a dial has failed since somebody who listens did not get through the handshake in the time there is: a machine that
 * has no processor time left, or this one. An address at which nobody was met ends otherwise.
 */
export function isUnanswered(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError) return error.errors.some(isUnanswered)
  return handshakeErrors.includes(error.name) && /timeout/i.test(error.message)
}
