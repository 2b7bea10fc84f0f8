// A Chat Completions request in neutral words.
import type { JsonObject, Question, Turn } from '../endpoint.ts'
import { list, number, object, objects, parsed, text } from '../read.ts'

export function readChat(body: JsonObject): Question {
  const turns = objects(body['messages']).map(turnOf)
  return {
    model: text(body['model']),
    stream: body['stream'] === true,
    turns,
    text: lastWords(turns),
    tools: objects(body['tools']).map((tool) => {
      const { name, parameters } = object(tool['function'])
      return { name: text(name), schema: parameters === undefined ? undefined : object(parameters) }
    }),
    toolChoice: choiceOf(body['tool_choice']),
    thinking: wantsThinking(body),
    format: formatOf(object(body['response_format'])),
    maxTokens: number(body['max_completion_tokens']) ?? number(body['max_tokens']),
  }
}

/** What was said last that asks for an answer. */
export function lastWords(turns: readonly Turn[]): string {
  const turn = turns.findLast(({ role }) => role === 'user' || role === 'tool')
  return turn === undefined ? '' : [...turn.toolResults ?? [], turn].map((part) => part.text).filter(Boolean).join('\n')
}

function turnOf(message: JsonObject): Turn {
  const { role, content } = message
  if (role === 'tool') {
    const result = { id: text(message['tool_call_id']), text: textOf(content) }
    return { role, text: '', toolResults: [result] }
  }
  if (role !== 'assistant') return { role: role === 'user' ? 'user' : 'system', text: textOf(content) }
  const thinking = text(message['reasoning_content']) || text(message['reasoning'])
    || objects(message['reasoning_details']).map((detail) => text(detail['text'])).join('')
    || objects(content).flatMap((part) => objects(part['thinking'])).map((part) => text(part['text'])).join('')
  const toolCalls = objects(message['tool_calls']).map((call) => {
    const { name, arguments: given } = object(call['function'])
    return { id: text(call['id']), name: text(name), arguments: typeof given === 'string' ? parsed(given) : given }
  })
  return {
    role,
    text: textOf(content) || text(message['refusal']),
    ...(thinking === '' ? {} : { thinking }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
  }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return list(content).map((part) => typeof part === 'string' ? part : text(object(part)['text'])).join('')
}

function choiceOf(choice: unknown): Question['toolChoice'] {
  if (choice === 'none' || choice === 'required') return choice
  if (choice === 'any') return 'required'
  const name = text(object(object(choice)['function'])['name'])
  return name === '' ? 'auto' : { name }
}

function formatOf(format: JsonObject): Question['format'] {
  if (format['type'] === 'json_object') return true
  return format['type'] === 'json_schema' ? object(object(format['json_schema'])['schema']) : undefined
}

/** Every way in which thinking is asked for on this wire. */
function wantsThinking(body: JsonObject): boolean {
  const reasoning = object(body['reasoning'])
  const effort = body['reasoning_effort'] ?? reasoning['effort']
  if (effort !== undefined && effort !== null) return effort !== 'none'
  return object(body['thinking'])['type'] === 'enabled' || reasoning['enabled'] === true
    || reasoning['max_tokens'] !== undefined || body['prompt_mode'] === 'reasoning'
}
