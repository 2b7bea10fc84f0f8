// A Converse request in neutral words.
import type { JsonObject, Question, Turn } from '../endpoint.ts'
import { number, object, objects, parsed, text } from '../read.ts'
import { lastWords } from './openai-chat-read.ts'

export function readConverse(body: JsonObject, model: string, stream: boolean): Question {
  const system = wordsOf(body['system'])
  const turns = objects(body['messages']).map(turnOf)
  const { tools, toolChoice } = object(body['toolConfig'])
  const { textFormat } = object(body['outputConfig'])
  const { schema } = object(object(object(textFormat)['structure'])['jsonSchema'])
  return {
    model,
    stream,
    turns: system === '' ? turns : [{ role: 'system', text: system }, ...turns],
    text: lastWords(turns),
    tools: objects(tools).flatMap(({ toolSpec }) => {
      const { name, inputSchema } = object(toolSpec)
      return toolSpec === undefined ? [] : [{ name: text(name), schema: object(object(inputSchema)['json']) }]
    }),
    toolChoice: choiceOf(object(toolChoice)),
    thinking: thinks(object(body['additionalModelRequestFields'])),
    format: typeof schema === 'string' ? object(parsed(schema)) : undefined,
    maxTokens: number(object(body['inferenceConfig'])['maxTokens']),
  }
}

function turnOf(message: JsonObject): Turn {
  const blocks = objects(message['content'])
  const thinking = blocks.map(({ reasoningContent }) => text(object(object(reasoningContent)['reasoningText'])['text'])).join('')
  const toolCalls = blocks.map(({ toolUse }) => object(toolUse)).filter((call) => call['toolUseId'] !== undefined)
    .map((call) => ({ id: text(call['toolUseId']), name: text(call['name']), arguments: call['input'] }))
  const toolResults = blocks.map(({ toolResult }) => object(toolResult)).filter((result) => result['toolUseId'] !== undefined)
    .map((result) => ({ id: text(result['toolUseId']), text: wordsOf(result['content']) }))
  return {
    role: toolResults.length > 0 ? 'tool' : message['role'] === 'assistant' ? 'assistant' : 'user',
    text: wordsOf(message['content']),
    ...(thinking === '' ? {} : { thinking }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(toolResults.length === 0 ? {} : { toolResults }),
  }
}

function wordsOf(content: unknown): string {
  return objects(content).map((block) => {
    const cited = objects(object(block['citationsContent'])['content']).map((part) => text(part['text'])).join('')
    return text(block['text']) || cited || (block['json'] === undefined ? '' : JSON.stringify(block['json']))
  }).join('')
}

function choiceOf({ any, tool }: JsonObject): Question['toolChoice'] {
  if (tool !== undefined) return { name: text(object(tool)['name']) }
  return any === undefined ? 'auto' : 'required'
}

/** Each family of models has its own field for it. */
function thinks(native: JsonObject): boolean {
  const { type } = object(native['thinking'] ?? native['reasoningConfig'])
  if (type !== undefined) return type !== 'disabled'
  return native['reasoning_effort'] !== undefined || native['reasoning_config'] !== undefined
}
