// A generateContent request in neutral words.
import type { JsonObject, Question, Turn } from '../endpoint.ts'
import { list, number, object, objects, text } from '../read.ts'
import type { JsonSchema } from '../../types/tool.ts'
import { lastWords } from './openai-chat-read.ts'

export function readGemini(body: JsonObject, { model, stream }: Pick<Question, 'model' | 'stream'>): Question {
  const system = wordsOf(object(body['systemInstruction'])['parts'])
  const turns = objects(body['contents']).map(turnOf)
  const generation = object(body['generationConfig'])
  const { includeThoughts } = object(generation['thinkingConfig'])
  const schema = generation['responseJsonSchema'] ?? generation['responseSchema']
  const json = generation['responseMimeType'] === 'application/json'
  return {
    model,
    stream,
    turns: system === '' ? turns : [{ role: 'system', text: system }, ...turns],
    text: lastWords(turns),
    tools: objects(body['tools']).flatMap((tool) => objects(tool['functionDeclarations'])).map((tool) => {
      const parameters = tool['parametersJsonSchema'] ?? tool['parameters']
      return { name: text(tool['name']), schema: parameters === undefined ? undefined : inLowerCase(object(parameters)) }
    }),
    toolChoice: choiceOf(object(object(body['toolConfig'])['functionCallingConfig'])),
    thinking: includeThoughts === true,
    format: !json ? undefined : schema === undefined ? true : inLowerCase(object(schema)),
    maxTokens: number(generation['maxOutputTokens']),
  }
}

function turnOf({ role, parts: given }: JsonObject): Turn {
  const parts = objects(given)
  const thinking = wordsOf(parts.filter((part) => part['thought'] === true))
  const toolCalls = parts.filter((part) => part['functionCall'] !== undefined).map((part) => {
    const { id, name, args = {} } = object(part['functionCall'])
    return { id: text(id), name: text(name), arguments: args }
  })
  const toolResults = parts.filter((part) => part['functionResponse'] !== undefined).map((part) => {
    const { id, response } = object(part['functionResponse'])
    return { id: text(id), text: resultOf(object(response)) }
  })
  return {
    role: toolResults.length > 0 ? 'tool' : role === 'model' ? 'assistant' : 'user',
    text: wordsOf(parts.filter((part) => part['thought'] !== true)),
    ...(thinking === '' ? {} : { thinking }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(toolResults.length === 0 ? {} : { toolResults }),
  }
}

function wordsOf(parts: unknown): string {
  return list(parts).map((part) => text(object(part)['text'])).join('')
}

/** Plain text goes under `output` or `error`. */
function resultOf(response: JsonObject): string {
  const { output, error } = response
  return text(output) || text(error) || JSON.stringify(response)
}

function choiceOf({ mode, allowedFunctionNames }: JsonObject): Question['toolChoice'] {
  const names = list(allowedFunctionNames)
  if (mode === 'NONE') return 'none'
  if (mode !== 'ANY') return 'auto'
  return names.length === 1 ? { name: text(names[0]) } : 'required'
}

/** `OBJECT` is what elsewhere is `object`. */
function inLowerCase(schema: JsonSchema): JsonSchema {
  const lowered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(lowered)
    return typeof value === 'object' && value !== null ? inLowerCase(object(value)) : value
  }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) =>
    [key, key === 'type' && typeof value === 'string' ? value.toLowerCase() : lowered(value)]
  ))
}
