// A Messages request in neutral words.
import type { JsonObject, Question, Turn } from '../endpoint.ts'
import { list, number, object, objects, text } from '../read.ts'
import { asksForThinking } from './anthropic-models.ts'
import { lastWords } from './openai-chat-read.ts'

export function readMessages(body: JsonObject): Question {
  const system = wordsOf(body['system'])
  const turns = objects(body['messages']).map(turnOf)
  const format = object(object(body['output_config'])['format'])
  return {
    model: text(body['model']),
    stream: body['stream'] === true,
    turns: system === '' ? turns : [{ role: 'system', text: system }, ...turns],
    text: lastWords(turns),
    tools: objects(body['tools']).filter((tool) => tool['input_schema'] !== undefined)
      .map((tool) => ({ name: text(tool['name']), schema: object(tool['input_schema']) })),
    toolChoice: choiceOf(object(body['tool_choice'])),
    thinking: asksForThinking(body),
    format: format['type'] === 'json_schema' ? object(format['schema']) : undefined,
    maxTokens: number(body['max_tokens']),
  }
}

/** A message's blocks; a string is one block of text. */
export function blocksOf(message: JsonObject): readonly JsonObject[] {
  const { content } = message
  return typeof content === 'string' ? [{ type: 'text', text: content }] : objects(content)
}

function turnOf(message: JsonObject): Turn {
  const role = message['role'] === 'assistant' || message['role'] === 'system' ? message['role'] : 'user'
  const blocks = blocksOf(message)
  const thinking = blocks.map((block) => text(block['thinking'])).join('')
  const toolCalls = blocks.filter((block) => block['type'] === 'tool_use')
    .map((block) => ({ id: text(block['id']), name: text(block['name']), arguments: block['input'] }))
  const toolResults = blocks.filter((block) => block['type'] === 'tool_result')
    .map((block) => ({ id: text(block['tool_use_id']), text: wordsOf(block['content']) }))
  return {
    role: toolResults.length > 0 ? 'tool' : role,
    text: wordsOf(message['content']),
    ...(thinking === '' ? {} : { thinking }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(toolResults.length === 0 ? {} : { toolResults }),
  }
}

function wordsOf(content: unknown): string {
  if (typeof content === 'string') return content
  return list(content).map((part) => text(object(part)['text'])).join('')
}

function choiceOf(choice: JsonObject): Question['toolChoice'] {
  if (choice['type'] === 'any') return 'required'
  if (choice['type'] === 'none') return 'none'
  return choice['type'] === 'tool' ? { name: text(choice['name']) } : 'auto'
}
