// A chat request of Cohere's in neutral words.
import type { JsonObject, Question, Turn } from '../endpoint.ts'
import { list, number, object, objects, parsed, text } from '../read.ts'
import { lastWords } from './openai-chat-read.ts'

export function readCohere(body: JsonObject): Question {
  const turns = objects(body['messages']).map(turnOf)
  const { type, json_schema: schema } = object(body['response_format'])
  const model = text(body['model'])
  const { type: thinking = /reasoning|command-a-plus/.test(model) ? 'enabled' : 'disabled' } = object(body['thinking'])
  return {
    model,
    stream: body['stream'] === true,
    turns,
    text: lastWords(turns),
    tools: objects(body['tools']).map((tool) => {
      const { name, parameters } = object(tool['function'])
      return { name: text(name), schema: parameters === undefined ? undefined : object(parameters) }
    }),
    toolChoice: body['tool_choice'] === 'REQUIRED' ? 'required' : body['tool_choice'] === 'NONE' ? 'none' : 'auto',
    thinking: thinking === 'enabled',
    format: type !== 'json_object' ? undefined : schema === undefined ? true : object(schema),
    maxTokens: number(body['max_tokens']),
  }
}

function turnOf(message: JsonObject): Turn {
  const { role, content } = message
  if (role === 'tool') {
    const result = { id: text(message['tool_call_id']), text: wordsOf(content) }
    return { role, text: '', toolResults: [result] }
  }
  if (role !== 'assistant') return { role: role === 'user' ? 'user' : 'system', text: wordsOf(content) }
  const thinking = list(content).map((part) => text(object(part)['thinking'])).join('')
  const toolCalls = objects(message['tool_calls']).map((call) => {
    const { name, arguments: given } = object(call['function'])
    return { id: text(call['id']), name: text(name), arguments: parsed(text(given)) }
  })
  return {
    role,
    text: wordsOf(content) || text(message['tool_plan']),
    ...(thinking === '' ? {} : { thinking }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
  }
}

function wordsOf(content: unknown): string {
  if (typeof content === 'string') return content
  return list(content).map((part) => {
    const { text: words, document } = object(part)
    return text(words) || (document === undefined ? '' : JSON.stringify(object(document)['data']))
  }).join('')
}
