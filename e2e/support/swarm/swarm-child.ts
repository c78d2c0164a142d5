import type { z } from 'zod'
import { type Answers, type commandSchema, processInitSchema, type Reply, requestSchema } from './commands.ts'
import { misbehave } from './hostile.ts'
import { createMember, draftOf, type Member } from './member.ts'
import { RunningClock } from './running-clock.ts'

/** A process with several members of the network, told what to do over its IPC channel; it ends with the channel. */
const { clockAheadMs } = processInitSchema.parse(JSON.parse(process.argv[2] ?? '{}'))
const clock = new RunningClock(clockAheadMs)
const members: Member[] = []

function memberAt(index: number): Member {
  const member = members[index]
  if (member === undefined) throw new Error(`expected one of ${members.length} members, got number ${index}`)
  return member
}

async function obey(command: z.output<typeof commandSchema>): Promise<Answers[keyof Answers]> {
  switch (command.kind) {
    case 'start': {
      const member = await createMember(command.init, clock)
      members.push(member)
      await member.start()
      return { peerId: member.host.peerId.toString(), addresses: member.host.libp2p.getMultiaddrs().map(String) }
    }
    case 'announce':
      memberAt(command.member).directory.announcer.update(draftOf(command.service, { state: command.state }))
      return null
    case 'find': {
      const { finder } = memberAt(command.member).directory
      const workers = await finder.findService(command.service, { limit: command.limit })
      return workers.map(({ peerId, state }) => ({ peerId, state }))
    }
    case 'state':
      return stateOf(memberAt(command.member))
    case 'registrars':
      return memberAt(command.member)
        .directory.registrars.of(command.key)
        .map(({ peerId }) => peerId)
    case 'misbehave':
      await misbehave(memberAt(command.member), command.misdeed)
      return null
    case 'turn':
      clock.turn(command.byMs)
      return null
  }
}

function stateOf({ host, greeter, directory }: Member): Answers['state'] {
  const { offsetMs, groups } = greeter.state.get()
  return {
    peers: host.libp2p.getPeers().map(String),
    registrars: directory.registrars.others,
    heldBy: directory.announcer.heldBy,
    clockOffsetMs: offsetMs,
    clockGroups: groups,
  }
}

async function reply(message: unknown): Promise<void> {
  const { id, command } = requestSchema.parse(message)
  const answer: Reply = await obey(command).then(
    result => ({ id, answer: result }),
    error => ({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
  process.send?.(answer)
}

process.on('message', message => void reply(message))
// Whoever started this process has gone, or wants it to.
process.on('disconnect', () => process.exit())
process.send?.({ ready: true })
