// What generateContent refuses, in its own words.
import type { ErrorFacts, JsonObject, Mint } from '../endpoint.ts'
import { list, object, objects, text } from '../read.ts'
import { generationOf, thinkingOf } from './gemini-models.ts'
import { checkSchemas } from './gemini-schemas.ts'
import { invalidArgument } from './google-errors.ts'

export interface Inspection {
  readonly body: JsonObject
  readonly model: string
  readonly mint: Mint
  readonly vertex: boolean
  /** Calls have ids here, and they may come back. */
  readonly ids: boolean
}

export type Inspect = (inspection: Inspection) => ErrorFacts | undefined

const BODY = [
  'contents', 'systemInstruction', 'generationConfig', 'tools', 'toolConfig', 'safetySettings', 'cachedContent', 'labels',
  'serviceTier', 'continuationToken', 'model',
]
const GENERATION = [
  'temperature', 'topP', 'topK', 'seed', 'candidateCount', 'maxOutputTokens', 'stopSequences', 'presencePenalty',
  'frequencyPenalty', 'responseLogprobs', 'logprobs', 'responseMimeType', 'responseSchema', 'responseJsonSchema',
  'responseFormat', 'responseModalities', 'thinkingConfig', 'mediaResolution', 'speechConfig', 'imageConfig',
]
/** What seals a call that the model did not make: base64 of the first one counts too. */
const SKIP = ['skip_thought_signature_validator', 'c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=']

export function checkGemini(inspection: Inspection): ErrorFacts | undefined {
  for (const inspect of [fields, contents, turns, ids, signatures, thinking, tools, checkSchemas, generation, cached]) {
    const wrong = inspect(inspection)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function unknownName(name: string, at: string): ErrorFacts {
  return invalidArgument(`Invalid JSON payload received. Unknown name "${name}"${at === '' ? '' : ` at '${at}'`}: Cannot find field.`, at)
}

const fields: Inspect = ({ body, vertex }) => {
  const own = vertex ? ['modelArmorConfig'] : ['store']
  const known: readonly (readonly [string, JsonObject, readonly string[]])[] = [
    ['', body, [...BODY, ...own]],
    ['generation_config', object(body['generationConfig']), [...GENERATION, ...(vertex ? ['routingConfig', 'modelConfig', 'audioTimestamp'] : [])]],
    ['tool_config', object(body['toolConfig']), ['functionCallingConfig', 'retrievalConfig', ...(vertex ? [] : ['includeServerSideToolInvocations'])]],
  ]
  for (const [at, given, names] of known) {
    // Either spelling is read.
    const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
    const odd = Object.keys(given).find((name) => !names.includes(camel(name)))
    if (odd !== undefined) return unknownName(odd, at)
  }
  return undefined
}

const contents: Inspect = ({ body, vertex }) => {
  const all = objects(body['contents'])
  if (all.length === 0) return invalidArgument('* GenerateContentRequest.contents: contents is not specified\n', 'contents')
  for (const [i, { role, parts }] of all.entries()) {
    if (role !== 'user' && role !== 'model' && (vertex || role !== undefined)) return invalidArgument('Please use a valid role: user, model.')
    if (list(parts).length === 0) return invalidArgument(`* GenerateContentRequest.contents[${i}].parts: contents.parts must not be empty.\n`, `contents[${i}].parts`)
    for (const [j, part] of objects(parts).entries()) {
      const { thought: _, thoughtSignature: __, partMetadata: ___, videoMetadata: ____, mediaResolution: _____, ...data } = part
      if (Object.keys(data).length !== 1) return invalidArgument(`* GenerateContentRequest.contents[${i}].parts[${j}].data: required oneof field 'data' must have one initialized field\n`)
      const { functionResponse } = data
      const { name, response } = object(functionResponse)
      if (functionResponse === undefined) continue
      if (text(name) === '') return invalidArgument(`* GenerateContentRequest.contents[${i}].parts[${j}].function_response.name: Name cannot be empty.\n`)
      if (typeof response !== 'object' || response === null || Array.isArray(response)) {
        return invalidArgument(`Invalid value at 'contents[${i}].parts[${j}].function_response.response' (type.googleapis.com/google.protobuf.Struct)`, `contents[${i}].parts[${j}].function_response.response`)
      }
    }
  }
  return undefined
}

function partsOf(content: JsonObject | undefined, kind: 'functionCall' | 'functionResponse'): JsonObject[] {
  return objects(content?.['parts']).flatMap((part) => part[kind] === undefined ? [] : [object(part[kind])])
}

/** Calls come after a user's turn or after results; they are answered by one turn, each of them, by name and by id. */
const turns: Inspect = ({ body }) => {
  const all = objects(body['contents'])
  for (const [i, content] of all.entries()) {
    const calls = content['role'] === 'model' ? partsOf(content, 'functionCall') : []
    const before = all[i - 1]
    if (calls.length > 0 && before?.['role'] !== 'user') {
      return invalidArgument('Please ensure that function call turn comes immediately after a user turn or after a function response turn.')
    }
    const results = partsOf(content, 'functionResponse')
    const asked = before?.['role'] === 'model' ? partsOf(before, 'functionCall') : []
    if (results.length > 0 && asked.length === 0) return invalidArgument('Please ensure that function response turn comes immediately after a function call turn.')
    if (results.length !== asked.length) {
      return invalidArgument('Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.')
    }
    const alien = results.find(({ name, id }) => !asked.some((call) => call['name'] === name && call['id'] === id))
    if (alien !== undefined) return invalidArgument(`The function response for \`${text(alien['name'])}\` answers no function call of the turn before it.`)
  }
  return undefined
}

/** An id is a field that older versions of Vertex have never heard of, and that the others know from their own answers. */
const ids: Inspect = ({ body, vertex, ids, mint }) => {
  if (!vertex) return undefined
  for (const [i, content] of objects(body['contents']).entries()) {
    for (const [j, part] of objects(content['parts']).entries()) {
      for (const kind of ['functionCall', 'functionResponse'] as const) {
        const { id } = object(part[kind])
        const field = kind === 'functionCall' ? 'function_call' : 'function_response'
        if (id !== undefined && !(ids && mint.knows(text(id), 'id'))) return unknownName('id', `contents[${i}].parts[${j}].${field}`)
      }
    }
  }
  return undefined
}

/** Of the turn that is under way, the first call of each step is sealed; and no seal is another part's. */
const signatures: Inspect = ({ body, model, mint, vertex }) => {
  if (generationOf(model) < 3) return undefined
  const all = objects(body['contents'])
  const spoken = (content: JsonObject): boolean => content['role'] !== 'model' && partsOf(content, 'functionResponse').length === 0
  const current = all.findLastIndex(spoken)
  const skips = vertex ? SKIP : [...SKIP, 'context_engineering_is_the_way_to_go']
  for (const [i, content] of all.entries()) {
    if (content['role'] !== 'model') continue
    let first = true
    for (const [j, part] of objects(content['parts']).entries()) {
      const { functionCall, thoughtSignature: seal } = part
      const { name, args = {} } = object(functionCall)
      if (seal !== undefined && !skips.includes(text(seal)) && part['toolCall'] === undefined && part['toolResponse'] === undefined) {
        const about = functionCall === undefined ? text(part['text']) : `${text(name)} ${JSON.stringify(args)}`
        if (!mint.knows(text(seal), about)) return invalidArgument('Unable to submit request because Thought signature is not valid.')
      }
      if (functionCall === undefined) continue
      if (first && i > current && seal === undefined) {
        return invalidArgument(
          'Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. '
            + `Additional data, function call \`default_api:${text(name)}\`, position ${j + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
        )
      }
      first = false
    }
  }
  return undefined
}

const thinking: Inspect = ({ body, model }) => {
  const { thinkingBudget: budget, thinkingLevel: level } = object(object(body['generationConfig'])['thinkingConfig'])
  if (budget !== undefined && level !== undefined) return invalidArgument('You can only set only one of thinking budget and thinking level.')
  const rules = thinkingOf(model)
  if (rules === undefined) {
    const old = generationOf(model) > 0 && generationOf(model) < 2.5
    return old && (budget !== undefined || level !== undefined) ? invalidArgument('Unable to submit request because thinking is not supported by this model.') : undefined
  }
  if (level !== undefined && !('levels' in rules)) return invalidArgument('Thinking level is not supported for this model.')
  if (level !== undefined && 'levels' in rules && !rules.levels.includes(text(level).toLowerCase())) {
    return invalidArgument(`Thinking level ${text(level).toUpperCase()} is not supported for this model. Please retry with other thinking level.`)
  }
  if (typeof budget !== 'number' || 'levels' in rules || budget === -1) return undefined
  if (budget === 0 && !rules.off) return invalidArgument('Budget 0 is invalid. This model only works in thinking mode.')
  return budget === 0 || (budget >= rules.least && budget <= rules.most)
    ? undefined
    : invalidArgument(`The thinking budget ${budget} is invalid. Please choose a value between ${rules.least} and ${rules.most}.`)
}

const tools: Inspect = ({ body, model, vertex }) => {
  const all = objects(body['tools'])
  const declared = all.flatMap((tool) => objects(tool['functionDeclarations']))
  const { functionCallingConfig, includeServerSideToolInvocations } = object(body['toolConfig'])
  const { mode = 'AUTO', allowedFunctionNames } = object(functionCallingConfig)
  if (functionCallingConfig !== undefined && declared.length === 0) return invalidArgument('Function calling config is set without function_declarations.')
  if (allowedFunctionNames !== undefined) {
    if (mode !== 'ANY' && mode !== 'VALIDATED') return invalidArgument('Allowed function names can only be set when the function calling mode is ANY or VALIDATED.')
    const alien = list(allowedFunctionNames).find((name) => !declared.some((tool) => tool['name'] === name))
    if (alien !== undefined) return invalidArgument(`The allowed function name \`${text(alien)}\` is not one of the function declarations.`)
  }
  const old = generationOf(model) > 0 && generationOf(model) < 3
  const builtIn = all.some((tool) => Object.keys(tool).some((kind) => kind !== 'functionDeclarations'))
  if (builtIn && declared.length > 0) {
    if (old) return invalidArgument('Tool use with function calling is unsupported by the model.')
    if (mode !== 'VALIDATED' || (!vertex && includeServerSideToolInvocations !== true)) {
      return invalidArgument('Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.')
    }
  }
  if (includeServerSideToolInvocations === true && old) return invalidArgument('Tool call context circulation is not enabled for this model.')
  const json = object(body['generationConfig'])['responseMimeType'] === 'application/json'
  return json && declared.length > 0 && (old || mode === 'ANY')
    ? invalidArgument("Function calling with a response mime type: 'application/json' is unsupported")
    : undefined
}

const generation: Inspect = ({ body, model, vertex }) => {
  const { presencePenalty, frequencyPenalty, responseSchema, responseJsonSchema, responseMimeType } = object(body['generationConfig'])
  if (!vertex && generationOf(model) === 2.5 && (presencePenalty ?? frequencyPenalty) !== undefined) return invalidArgument('Penalty is not enabled for this model.')
  if (responseSchema !== undefined && responseJsonSchema !== undefined) return invalidArgument('Only one of response_schema and response_json_schema may be set.')
  return (responseSchema ?? responseJsonSchema) !== undefined && responseMimeType !== 'application/json'
    ? invalidArgument('Response schema is only supported with a response mime type of application/json.')
    : undefined
}

const cached: Inspect = ({ body }) => {
  const beside = ['systemInstruction', 'tools', 'toolConfig'].some((field) => body[field] !== undefined)
  return body['cachedContent'] !== undefined && beside
    ? invalidArgument('CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.\n\nProposed fix: move those values to CachedContent from GenerateContent request.')
    : undefined
}
