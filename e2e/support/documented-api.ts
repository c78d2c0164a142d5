import { Ajv2020 } from 'ajv/dist/2020.js'
import { apiErrorSchema } from '../../src/shared/schema/coordinator-api.ts'

interface Operation {
  operationId: string
  responses: Record<string, { content?: Record<string, { schema?: object }> }>
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: object
}

/** What came back, its body read. */
export interface Reply {
  status: number
  headers: Headers
  text: string
  /** Undefined where it is not JSON. */
  json: unknown
  /** Code of an error. */
  code: string | undefined
}

/**
 * A client that knows of a coordinator what its OpenAPI document says, and nothing else. Each answer is held against that
 * document: its status has to be named there, and its body to be as the schema for that status says.
 */
export class DocumentedApi {
  readonly url: string
  readonly #document: Document
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false })

  private constructor(url: string, document: Document) {
    this.url = url
    this.#document = document
    this.#ajv.addSchema(document, 'document')
  }

  static async of(url: string): Promise<DocumentedApi> {
    const response = await fetch(`${url}/openapi.json`)
    return new DocumentedApi(url, (await response.json()) as Document)
  }

  /** Ids of the operations that are asked with `method`, with their paths. */
  operations(method: string): { operationId: string; path: string }[] {
    return Object.entries(this.#document.paths).flatMap(([path, item]) => {
      const operation = item[method]
      return operation === undefined ? [] : [{ operationId: operation.operationId, path }]
    })
  }

  /** Throws where the answer is none that the document allows. */
  async ask(operationId: string, init: RequestInit = {}, parameters: Record<string, string> = {}): Promise<Reply> {
    const { method, path, operation } = this.#find(operationId)
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''))
    const response = await fetch(`${this.url}${filled}`, { ...init, method: method.toUpperCase() })
    const text = await response.text()
    const { status, headers } = response
    const described = operation.responses[String(status)]
    if (described === undefined) throw new Error(`${operationId}: status ${status} is not documented: ${text}`)
    const isJson = headers.get('content-type')?.startsWith('application/json') === true
    const json: unknown = isJson ? JSON.parse(text) : undefined
    const schema = described.content?.['application/json']?.schema
    if (schema !== undefined) this.#hold(operationId, status, schema, json)
    const error = apiErrorSchema.safeParse(json)
    return { status, headers, text, json, code: error.success ? error.data.error.code : undefined }
  }

  #hold(operationId: string, status: number, schema: object, json: unknown): void {
    const rooted = JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/'))
    const validate = this.#ajv.compile(rooted)
    if (validate(json)) return
    throw new Error(`${operationId}: ${status} is not as documented: ${this.#ajv.errorsText(validate.errors)}`)
  }

  #find(operationId: string): { method: string; path: string; operation: Operation } {
    for (const [path, item] of Object.entries(this.#document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        if (operation.operationId === operationId) return { method, path, operation }
      }
    }
    throw new Error(`the document names no operation ${operationId}`)
  }
}
