import { isNamed as isSameName } from '../../../shared/particulars.ts'
import { MiB } from '../../../shared/units.ts'

/** A model that an engine beside this node has. */
export interface LanguageModel {
  id: string
  /** Memory it takes about; missing: unknown. */
  sizeMiB?: number
  /** Tokens of question and answer together; missing: unknown. */
  contextTokens?: number
  /** It reads pictures. */
  sees: boolean
  /** It is in memory already. */
  loaded: boolean
}

/** Names of models that read pictures, for engines that do not say so. */
const seeing =
  /llava|bakllava|moondream|minicpm-?v|pixtral|vision|internvl|(?:^|[-_/.\d])vl(?:[-_:.\d]|$)|gemma-?3(?!n)|gemma-?4|olmocr|-ocr|ocr-|docling|smolvlm|mllama|llama-?4|mistral-small-?3\.[12]/i
const notTalking = /embed|rerank|bge-|whisper|clip-|tts|stable-diffusion|flux/i
const billions = /(?:^|[^\d.a-z])(\d{1,4}(?:\.\d)?)b(?:$|[^a-z])/i

/** Memory that a billion parameters take with the usual four and a half bits each, and some for the context. */
const mibABillion = 700

export function readsPictures(id: string): boolean {
  return seeing.test(id)
}

/** Whether a model of this name answers in words at all. */
export function talks(id: string): boolean {
  return !notTalking.test(id)
}

/** Memory in MiB told from a name such as `llama3.2:3b`. */
export function sizeOfName(id: string): number | undefined {
  const match = billions.exec(id)
  return match === null ? undefined : Math.round(Number(match[1]) * mibABillion)
}

export function mebibytes(bytes: number): number {
  return Math.round(bytes / MiB)
}

export interface ModelWish {
  /** It must read pictures. */
  sees: boolean
  /** The only model the donor wants used. */
  only?: string | undefined
  /** Memory for it. */
  budgetMiB: number
}

/**
 * The model to use when a request names none: the largest in memory already, else the largest that fits, else one of
 * unknown size. For words alone a model that does not see goes first: it is the better writer for its size.
 */
export function chooseModel(models: readonly LanguageModel[], wish: ModelWish): LanguageModel | undefined {
  const fit = models
    .filter(model => (wish.only === undefined ? true : isNamed(model, wish.only)))
    .filter(model => model.sees || !wish.sees)
    .filter(model => model.loaded || (model.sizeMiB ?? 0) <= wish.budgetMiB)
  const rank = (model: LanguageModel) => [Number(model.loaded), Number(wish.sees || !model.sees), model.sizeMiB ?? 0]
  return [...fit].sort((a, b) => compare(rank(b), rank(a)) || a.id.localeCompare(b.id))[0]
}

/** Whether a request or setting means this model: by its full name, or without Ollama's `:latest`. */
export function isNamed(model: LanguageModel, name: string): boolean {
  return isSameName(model.id, name) || isSameName(publicName(model), name)
}

/** What others are told a model is called: some engines name it by its file, whose folders are nobody's business. */
export function publicName({ id }: LanguageModel): string {
  const isPath = /^(?:[a-z]:|\.{1,2})?[\\/]|\.gguf$/i.test(id)
  return isPath ? (id.split(/[\\/]/).findLast(part => part !== '') ?? id) : id
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) if (value !== b[index]) return value - (b[index] ?? 0)
  return 0
}
