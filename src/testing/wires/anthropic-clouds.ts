// What Bedrock and Vertex AI take of a Messages body, and what neither does.
import type { ErrorFacts, JsonObject, Mint } from '../endpoint.ts'
import { list, object, objects, text } from '../read.ts'
import { badRequest } from './anthropic-errors.ts'
import { blocksOf } from './anthropic-read.ts'
import { checkMessages } from './anthropic-rules.ts'

export interface CloudRequest {
  readonly body: JsonObject
  readonly model: string
  readonly stream: boolean
  readonly mint: Mint
}

/** The body as the Messages API itself would have it. */
export function messagesBody({ body, model, stream }: CloudRequest): JsonObject {
  const { anthropic_version: _, anthropic_beta: __, ...rest } = body
  return { ...rest, model, stream }
}

/** What the model refuses, and what no cloud fetches, keeps or runs. */
export function checkCloud(request: CloudRequest): ErrorFacts | undefined {
  const version = text(request.body['anthropic_version'])
  const body = messagesBody(request)
  const dated = /^\d/.test(version) ? version : '2023-06-01'
  const message = foreign(body)
  return message === undefined ? checkMessages({ body, version: dated, mint: request.mint }) : badRequest(message)
}

function foreign(body: JsonObject): string | undefined {
  for (const [i, message] of objects(body['messages']).entries()) {
    const results = blocksOf(message).flatMap((block) => objects(block['content']))
    for (const [j, block] of [...blocksOf(message), ...results].entries()) {
      const { type } = object(block['source'])
      const place = `messages.${i}.content.${j}.${text(block['type'])}.source.base64.data`
      if (type === 'url') return `${place}: URL sources are not supported`
      if (type === 'file') return `${place}: File sources are not supported`
    }
  }
  const tool = objects(body['tools']).findIndex((one) => one['type'] !== undefined && one['type'] !== 'custom' && SERVER.test(text(one['type'])))
  if (tool >= 0) return `tools.${tool}: Input tag '${text(objects(body['tools'])[tool]?.['type'])}' found using 'type' does not match any of the expected tags`
  return list(body['mcp_servers']).length > 0 ? 'mcp_servers: Extra inputs are not permitted' : undefined
}

const SERVER = /^(web_search|web_fetch|code_execution|advisor)/
