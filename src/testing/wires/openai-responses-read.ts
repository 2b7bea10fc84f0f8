// A Responses request in neutral words.
import type { JsonObject, Question, Turn } from '../endpoint.ts'
import { list, number, object, objects, parsed, text } from '../read.ts'
import { lastWords } from './openai-chat-read.ts'

type Growing = { -readonly [key in keyof Turn]: Turn[key] }

export function readResponses(body: JsonObject): Question {
  const turns = turnsOf(body)
  const format = object(object(body['text'])['format'])
  const { summary } = object(body['reasoning'])
  return {
    model: text(body['model']),
    stream: body['stream'] === true,
    turns,
    text: lastWords(turns),
    tools: objects(body['tools']).filter((tool) => tool['type'] === 'function')
      .map(({ name, parameters }) => ({ name: text(name), schema: parameters === undefined ? undefined : object(parameters) })),
    toolChoice: choiceOf(body['tool_choice']),
    // Nothing of it is shown but a summary, and only where that is asked for.
    thinking: summary !== undefined && summary !== null,
    format: format['type'] === 'json_object' ? true : format['type'] === 'json_schema' ? object(format['schema']) : undefined,
    maxTokens: number(body['max_output_tokens']),
  }
}

/** The items of the input; a text is one message. */
export function itemsOf({ input }: JsonObject): readonly JsonObject[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : objects(input)
}

/** What the model said is one turn however many items it was, and so are the results that follow. */
function turnsOf(body: JsonObject): readonly Turn[] {
  const turns: Growing[] = []
  const turn = (role: 'assistant' | 'tool'): Growing => {
    const last = turns.at(-1)
    if (last?.role === role) return last
    const fresh: Growing = { role, text: '' }
    turns.push(fresh)
    return fresh
  }
  const instructions = text(body['instructions'])
  if (instructions !== '') turns.push({ role: 'system', text: instructions })
  for (const item of itemsOf(body)) {
    const { type, role, content } = item
    if (type === 'reasoning') {
      const one = turn('assistant')
      const shown = wordsOf(item['summary'])
      if (shown !== '') one.thinking = (one.thinking ?? '') + shown
    } else if (type === 'function_call') {
      const one = turn('assistant')
      const call = { id: text(item['call_id']), name: text(item['name']), arguments: parsed(text(item['arguments'])) }
      one.toolCalls = [...one.toolCalls ?? [], call]
    } else if (type === 'function_call_output') {
      const one = turn('tool')
      one.toolResults = [...one.toolResults ?? [], { id: text(item['call_id']), text: wordsOf(item['output']) }]
    } else if (role === 'assistant') turn('assistant').text += wordsOf(content)
    else if (role !== undefined) turns.push({ role: role === 'user' ? 'user' : 'system', text: wordsOf(content) })
  }
  return turns
}

function wordsOf(content: unknown): string {
  if (typeof content === 'string') return content
  return list(content).map((part) => text(object(part)['text']) || text(object(part)['refusal'])).join('')
}

function choiceOf(choice: unknown): Question['toolChoice'] {
  if (choice === 'none' || choice === 'required') return choice
  const { type, name } = object(choice)
  return type === 'function' ? { name: text(name) } : 'auto'
}
