import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { AskOptions, Question } from './channel.ts'
import type { AnswerFrame } from './frames.ts'

/** Puts a question to a registrar, which may be this node itself. Rejects with the registrar's error where it gives one. */
export type Ask = (peerId: PeerIdText, question: Question, options: AskOptions) => Promise<AnswerFrame>
