import type { Command } from 'commander'
import { RmaError } from '../../shared/errors.ts'
import { MiB, type Milliseconds } from '../../shared/units.ts'
import { answerText } from './answer-text.ts'
import { type CommandContext, type CommonOptions, dataFolderOption } from './command-context.ts'
import { openDocument } from './document.ts'
import { forTerminal, passToTerminal } from './for-terminal.ts'
import { openNetworkNotice } from './open-network-notice.ts'
import { parseLanguages, parseModel, parseServiceType, parseTimeout } from './options.ts'
import { type Answer, passOn, readText, requestService } from './request.ts'
import { findRunningNode } from './running-node.ts'
import { saveToFile } from './save-to-file.ts'

/** Largest answer that is read whole to pick its text out. */
const maxAnswerBytes = 256 * MiB

interface RequestOptions extends CommonOptions {
  type?: string
  accept?: string
  model?: string
  languages?: string[]
  timeout?: Milliseconds
  output?: string
}

/** `rma-donor request`: sends a document to a service by way of the running node. */
export function addRequest(program: Command, context: CommandContext): void {
  program
    .command('request')
    .description('send a document to a service and print the answer: its text where it has one')
    .argument('<service>', 'service type, such as ocr', parseServiceType)
    .argument('[file]', 'document to send; - or nothing reads standard input')
    .option('--type <mime>', 'content type of the document (default: told from its content or name)')
    .option(
      '--accept <mime>',
      'form of the answer, such as text/event-stream, application/x-ndjson or text/vnd.hocr+html',
    )
    .option('--model <name>', 'the model to use; only nodes that have it are asked', parseModel)
    .option('--languages <codes>', 'languages of the document, such as deu or deu,eng', parseLanguages)
    .option('--timeout <seconds>', 'give up after this long', parseTimeout)
    .option('--json', 'print the whole answer as it came')
    .option('--output <file>', 'write the whole answer to a file')
    .option(...dataFolderOption)
    .action(async (service: string, file: string | undefined, options: RequestOptions) => {
      const node = await findRunningNode(options.dataFolder, context.env)
      const document = await openDocument({ file, type: options.type, input: context.input })
      const notice = await openNetworkNotice(node)
      if (notice !== undefined) context.errorOutput.write(`${notice}\n`)
      const answer = await requestService(node, {
        service,
        document,
        timeoutMs: options.timeout,
        accept: options.accept,
        particulars: {
          ...(options.model === undefined ? {} : { model: options.model }),
          ...(options.languages === undefined ? {} : { languages: options.languages }),
        },
        signal: context.signal,
      })
      if (options.output !== undefined) await saveToFile(answer.body, options.output, { signal: context.signal })
      else if (options.json === true || !isJson(answer)) await printWhole(answer, context)
      else await printText(answer, context)
    })
}

function isJson({ contentType }: Answer): boolean {
  return /^application\/json\b/.test(contentType)
}

async function printWhole(answer: Answer, { output, signal }: CommandContext): Promise<void> {
  if (output.isTTY === true && !/^(text\/|application\/(json|x-ndjson))/.test(answer.contentType)) {
    answer.dismiss()
    throw new RmaError('BAD_INPUT', `the answer is ${answer.contentType}: name a file with --output, or pipe it`)
  }
  if (output.isTTY === true) await passToTerminal(answer.body, output, signal)
  else await passOn(answer, output, signal)
  if (isJson(answer) && output.isTTY === true) output.write('\n')
}

/** What a person wants of the answer where it is known, else the answer. */
async function printText(answer: Answer, { output }: CommandContext): Promise<void> {
  const body = await readText(answer.body, maxAnswerBytes)
  const said = answerText(JSON.parse(body)) ?? body
  const shown = output.isTTY === true ? forTerminal(said) : said
  output.write(shown.endsWith('\n') ? shown : `${shown}\n`)
}
