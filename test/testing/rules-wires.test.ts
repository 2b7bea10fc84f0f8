// What the newer wires refuse: one table of requests and of what is said about them.
import { describe, expect, it } from 'vitest'
import { simulator } from '@relay/core/testing'

type Row = readonly [name: string, body: object, status: number, says?: RegExp]

interface Table {
  readonly url: string
  readonly dialect?: string
  /** What the body has that no row says otherwise. */
  readonly base: object
  readonly rows: readonly Row[]
}

const cached = { cachePoint: { type: 'default' } }
const asks = { role: 'user', content: [{ text: 'Hi' }] }
const uses = (toolUseId: string) => ({ role: 'assistant', content: [{ toolUse: { toolUseId, name: 'f', input: {} } }] })
const gives = (...ids: string[]) => ({ role: 'user', content: ids.map((toolUseId) => ({ toolResult: { toolUseId, content: [{ text: 'ok' }] } })) })
const toolConfig = { tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object' } } } }] }

const converse: Table = {
  url: 'https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-sonnet-4-5/converse',
  base: { messages: [asks] },
  rows: [
    ['a plain question', {}, 200],
    ['no messages', { messages: [] }, 400, /at least one message/],
    ['the assistant first', { messages: [{ ...asks, role: 'assistant' }] }, 400, /must start with a user message/],
    ['two users', { messages: [asks, asks] }, 400, /must alternate/],
    ['nothing said', { messages: [{ role: 'user', content: [] }] }, 400, /is empty/],
    ['blank text', { messages: [{ role: 'user', content: [{ text: ' ' }] }] }, 400, /is blank/],
    ['two kinds in one block', { messages: [{ role: 'user', content: [{ text: 'x', image: {} }] }] }, 400, /exactly one of the following keys/],
    ['a field that is none', { max_tokens: 9 }, 400, /extraneous key \[max_tokens\]/],
    ['top_k among what every model has', { inferenceConfig: { topK: 9 } }, 400, /extraneous key \[topK\]/],
    ['calls without tools', { messages: [asks, uses('a'), gives('a')] }, 400, /toolConfig field must be defined/],
    ['calls with tools', { messages: [asks, uses('a'), gives('a')], toolConfig }, 200],
    ['a call without its result', { messages: [asks, uses('a'), asks], toolConfig }, 400, /Expected toolResult blocks at messages.2.content for the following Ids: a/],
    ['a result too many', { messages: [asks, uses('a'), gives('a', 'b')], toolConfig }, 400, /exceeds the number of toolUse blocks/],
    ['an id that is none', { messages: [asks, uses('a b'), gives('a b')], toolConfig }, 400, /regular expression pattern/],
    ['input that is no object', { messages: [asks, { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'f', input: '{}' } }] }, gives('a')], toolConfig }, 400, /Provide a json object/],
    ['a tool without a schema', { toolConfig: { tools: [{ toolSpec: { name: 'f', inputSchema: { json: {} } } }] } }, 400, /must be one of the following: object/],
    ['no tool to choose', { toolConfig: { ...toolConfig, toolChoice: 'auto' } }, 400, /toolChoice object must set exactly one/],
    ['a document alone', { messages: [{ role: 'user', content: [{ document: { name: 'a', format: 'pdf' } }] }] }, 400, /a document needs one/],
    ['a document with a bad name', { messages: [{ role: 'user', content: [{ text: 'x' }, { document: { name: 'a.pdf', format: 'pdf' } }] }] }, 400, /invalid characters/],
    ['a schema that is no string', { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: {} } } } } }, 400, /must be a string/],
    ['nothing to cache', { system: [cached] }, 400, /must follow the content/],
    ['five points', { system: [{ text: 'x' }, cached, cached, cached, cached, cached] }, 400, /Found 5/],
    ['an hour after five minutes', { system: [{ text: 'x' }, cached, { cachePoint: { type: 'default', ttl: '1h' } }] }, 400, /ttl='1h'/],
    ['forged thinking', { messages: [asks, { role: 'assistant', content: [{ reasoningContent: { reasoningText: { text: 'x', signature: 'y' } } }] }, asks] }, 400, /Invalid `signature`/],
    ['forged hidden thinking', { messages: [asks, { role: 'assistant', content: [{ reasoningContent: { redactedContent: 'eXk=' } }] }, asks] }, 400, /Invalid `data`/],
    ['both temperatures', { inferenceConfig: { temperature: 0.5, topP: 0.9 } }, 400, /cannot both be specified/],
    ['a budget beyond the answer', { inferenceConfig: { maxTokens: 1024 }, additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2048 } } }, 400, /must be greater than `thinking.budget_tokens`/],
    ['white space at the end', { messages: [asks, { role: 'assistant', content: [{ text: 'Well ' }] }] }, 400, /trailing whitespace/],
  ],
}

const claude = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 99, messages: [{ role: 'user', content: 'Hi' }] }
const image = (source: object) => ({ messages: [{ role: 'user', content: [{ type: 'image', source }] }] })

const invoke: Table = {
  url: 'https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-sonnet-4-5/invoke',
  base: claude,
  rows: [
    ['a plain question', {}, 200],
    ['a model', { model: 'x' }, 400, /extraneous key \[model\]/],
    ['stream', { stream: true }, 400, /extraneous key \[stream\]/],
    ['no version', { anthropic_version: undefined }, 400, /required key \[anthropic_version\]/],
    ['a version for newer models', { anthropic_version: '2026-10-21' }, 400, /Input should be 'bedrock-2023-05-31'/],
    ['an image to fetch', image({ type: 'url', url: 'https://x' }), 400, /URL sources are not supported/],
    ['a tool of the server', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 400, /web_search_20250305/],
    ['caching of everything', { cache_control: { type: 'ephemeral' } }, 400, /cache_control: Extra inputs/],
    ['a call without its result', { messages: [{ role: 'user', content: 'x' }, { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] }, { role: 'user', content: 'x' }] }, 400, /without `tool_result` blocks/],
    ['a member of a block that is none', { messages: [{ role: 'user', content: [{ type: 'text', text: 'x', origin: {} }] }] }, 400, /messages.0.content.0.text.origin: Extra inputs/],
  ],
}

const vertexClaude: Table = {
  url: 'https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/anthropic/models/claude-sonnet-4-6:streamRawPredict',
  base: { ...claude, anthropic_version: 'vertex-2023-10-16', stream: true },
  rows: [
    ['a plain question', {}, 200],
    ['a model', { model: 'x' }, 400, /model: Extra inputs/],
    ['no version', { anthropic_version: undefined }, 400, /anthropic_version: Field required/],
    ['the version of another cloud', { anthropic_version: 'bedrock-2023-05-31' }, 400, /vertex-2023-10-16/],
    ['no word of a stream', { stream: undefined }, 400, /stream: Input should be True/],
    ['a file', image({ type: 'file', file_id: 'x' }), 400, /File sources are not supported/],
  ],
}

const says = (text: string) => ({ role: 'user', parts: [{ text }] })
const calls = (...names: string[]) => ({ role: 'model', parts: names.map((name) => ({ functionCall: { name, args: {} }, thoughtSignature: 'skip_thought_signature_validator' })) })
const answers = (...names: string[]) => ({ role: 'user', parts: names.map((name) => ({ functionResponse: { name, response: {} } })) })
const declared = (more: object = {}) => ({ functionDeclarations: [{ name: 'f', ...more }] })
const thinks = (thinkingConfig: object) => ({ generationConfig: { thinkingConfig } })
const json = { generationConfig: { responseMimeType: 'application/json' } }

const gemini: Table = {
  url: 'https://generativelanguage.googleapis.com/v1beta/models/gemini-3.8-flash:generateContent',
  base: { contents: [says('Hi')] },
  rows: [
    ['a plain question', {}, 200],
    ['no contents', { contents: [] }, 400, /contents is not specified/],
    ['a role that is none', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, 400, /valid role: user, model/],
    ['no parts', { contents: [{ role: 'user', parts: [] }] }, 400, /parts must not be empty/],
    ['two kinds in one part', { contents: [{ role: 'user', parts: [{ text: 'x', inlineData: {} }] }] }, 400, /required oneof field 'data'/],
    ['a field that is none', { messages: [] }, 400, /Unknown name \\"messages\\": Cannot find field/],
    ['a field in the other spelling', { system_instruction: { parts: [{ text: 'x' }] } }, 200],
    ['a field of the generation that is none', { generationConfig: { maxTokens: 1 } }, 400, /Unknown name \\"maxTokens\\" at 'generation_config'/],
    ['a call first', { contents: [calls('f'), answers('f')] }, 400, /function call turn comes immediately after a user turn/],
    ['a call after an answer', { contents: [says('x'), { role: 'model', parts: [{ text: 'x' }] }, calls('f'), answers('f')] }, 400, /comes immediately after a user turn/],
    ['a call and its result', { contents: [says('x'), calls('f'), answers('f')] }, 200],
    ['a result too few', { contents: [says('x'), calls('f', 'f'), answers('f')] }, 400, /number of function response parts is equal/],
    ['results in two turns', { contents: [says('x'), calls('f', 'f'), answers('f'), answers('f')] }, 400, /number of function response parts/],
    ['a result of another call', { contents: [says('x'), calls('f'), answers('g')] }, 400, /answers no function call/],
    ['a result of nothing', { contents: [says('x'), answers('f')] }, 400, /comes immediately after a function call turn/],
    ['a result without a name', { contents: [says('x'), calls('f'), answers('')] }, 400, /Name cannot be empty/],
    ['a result that is no object', { contents: [says('x'), calls('f'), { role: 'user', parts: [{ functionResponse: { name: 'f', response: 'x' } }] }] }, 400, /google.protobuf.Struct/],
    ['a call without its signature', { contents: [says('x'), { role: 'model', parts: [{ functionCall: { name: 'f' } }] }, answers('f')] }, 400, /missing a thought_signature.*default_api:f`, position 1/],
    ['such a call in an earlier turn', { contents: [says('x'), { role: 'model', parts: [{ functionCall: { name: 'f' } }] }, answers('f'), { role: 'model', parts: [{ text: 'x' }] }, says('x')] }, 200],
    ['a signature of nobody', { contents: [says('x'), { role: 'model', parts: [{ text: 'x', thoughtSignature: 'eA==' }] }, says('x')] }, 400, /Thought signature is not valid/],
    ['a budget and a level', thinks({ thinkingBudget: 1, thinkingLevel: 'low' }), 400, /only one of thinking budget and thinking level/],
    ['a level that the model lacks', thinks({ thinkingLevel: 'minimal' }), 400, /MINIMAL is not supported/],
    ['a level that it has', thinks({ thinkingLevel: 'HIGH' }), 200],
    ['a choice without functions', { toolConfig: { functionCallingConfig: { mode: 'ANY' } } }, 400, /set without function_declarations/],
    ['names under AUTO', { tools: [declared()], toolConfig: { functionCallingConfig: { mode: 'AUTO', allowedFunctionNames: ['f'] } } }, 400, /Allowed function names can only be set/],
    ['JSON that must be a call', { ...json, tools: [declared()], toolConfig: { functionCallingConfig: { mode: 'ANY' } } }, 400, /'application\/json' is unsupported/],
    ['a search beside functions', { tools: [declared(), { googleSearch: {} }] }, 400, /include_server_side_tool_invocations/],
    ['both schemas', { tools: [declared({ parameters: { type: 'OBJECT', properties: { a: { type: 'STRING' } } }, parametersJsonSchema: {} })] }, 400, /Only one of parameters/],
    ['additionalProperties in the old form', { tools: [declared({ parameters: { type: 'OBJECT', properties: { a: { type: 'STRING' } }, additionalProperties: false } })] }, 400, /Unknown name \\"additionalProperties\\"/],
    ['const in the new form', { tools: [declared({ parametersJsonSchema: { type: 'object', properties: { a: { const: 1 } } } })] }, 400, /Unknown name \\"const\\"/],
    ['a reference with company', { tools: [declared({ parametersJsonSchema: { $ref: '#/$defs/a', description: 'x' } })] }, 400, /may hold no other keyword/],
    ['an object without properties', { tools: [declared({ parameters: { type: 'OBJECT', properties: {} } })] }, 400, /should be non-empty for OBJECT type/],
    ['a name that is none', { tools: [{ functionDeclarations: [{ name: '1 x' }] }] }, 400, /Invalid function name/],
    ['a schema without JSON', { generationConfig: { responseJsonSchema: {} } }, 400, /only supported with a response mime type/],
    ['what is cached already', { cachedContent: 'cachedContents/a', tools: [declared()] }, 400, /CachedContent can not be used/],
  ],
}

const older: Table = {
  url: 'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent',
  base: gemini.base,
  rows: [
    ['a call without its signature', { contents: [says('x'), { role: 'model', parts: [{ functionCall: { name: 'f' } }] }, answers('f')] }, 200],
    ['no thinking at all', thinks({ thinkingBudget: 0 }), 400, /only works in thinking mode/],
    ['too large a budget', thinks({ thinkingBudget: 99_999 }), 400, /between 128 and 32768/],
    ['a level', thinks({ thinkingLevel: 'low' }), 400, /level is not supported/],
    ['JSON and functions', { ...json, tools: [declared()] }, 400, /is unsupported/],
    ['a penalty', { generationConfig: { presencePenalty: 1 } }, 400, /Penalty is not enabled/],
  ],
}

const vertex: Table = {
  url: 'https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/models/gemini-3.8-flash:generateContent',
  base: gemini.base,
  rows: [
    ['an id', { contents: [says('x'), { role: 'model', parts: [{ functionCall: { id: 'a', name: 'f' }, thoughtSignature: 'skip_thought_signature_validator' }] }, { role: 'user', parts: [{ functionResponse: { id: 'a', name: 'f', response: {} } }] }] }, 400, /Unknown name \\"id\\" at 'contents\[1\].parts\[0\].function_call'/],
    ['no role', { contents: [{ parts: [{ text: 'x' }] }] }, 400, /valid role/],
    ['a switch of the other API', { toolConfig: { includeServerSideToolInvocations: true } }, 400, /Unknown name/],
  ],
}

const fc = (call_id: string, more: object = {}) => ({ type: 'function_call', call_id, name: 'f', arguments: '{}', ...more })
const out = (call_id: string) => ({ type: 'function_call_output', call_id, output: 'ok' })
const user = { role: 'user', content: 'Hi' }
const tool = (more: object = {}) => ({ type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, ...more })
const thought = { type: 'reasoning', id: 'rs_1', summary: [] }

const responses: Table = {
  url: 'https://api.openai.com/v1/responses',
  base: { model: 'm', input: 'Hi' },
  rows: [
    ['a plain question', {}, 200],
    ['no input', { input: undefined }, 400, /Missing required parameter: 'input'/],
    ['messages', { messages: [] }, 400, /Unknown parameter: 'messages'/],
    ['stop', { stop: 'x' }, 400, /Unknown parameter: 'stop'/],
    ['fifteen tokens', { max_output_tokens: 15 }, 400, /integer_below_min_value/],
    ['too hot', { temperature: 3 }, 400, /decimal_above_max_value/],
    ['temperature while thinking', { model: 'gpt-5', temperature: 0.2 }, 400, /Unsupported parameter: 'temperature'/],
    ['temperature without thinking', { model: 'gpt-5.4', temperature: 0.2 }, 200],
    ['an effort of another generation', { model: 'gpt-5.4', reasoning: { effort: 'minimal' } }, 400, /'minimal' is not supported with the 'gpt-5.4' model/],
    ['an effort for a model that does not think', { model: 'gpt-4o', reasoning: { effort: 'low' } }, 400, /'reasoning.effort' is not supported/],
    ['seals of a model that does not think', { model: 'gpt-4o', include: ['reasoning.encrypted_content'] }, 400, /Encrypted content is not supported/],
    ['input_text of the assistant', { input: [user, { role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }] }, 400, /Invalid value: 'input_text'. Supported values are: 'output_text', 'refusal'/],
    ['a call and its result', { input: [user, fc('a'), out('a')] }, 200],
    ['a call without its result', { input: [user, fc('a'), user] }, 400, /No tool output found for function call a/],
    ['a result without its call', { input: [user, out('a')] }, 400, /No tool call found for function call output with call_id a/],
    ['a long id', { input: [user, fc('a'.repeat(65)), out('a'.repeat(65))] }, 400, /string_above_max_length/],
    ['an item by another kind of id', { input: [user, fc('a', { id: 'call_1' }), out('a')] }, 400, /begins with 'fc'/],
    ['reasoning that is not kept', { store: false, input: [user, thought, fc('a'), out('a')] }, 404, /not persisted when `store` is set to false/],
    ['reasoning that leads nowhere', { input: [user, thought] }, 400, /without its required following item/],
    ['a sealed thought of nobody', { input: [user, { ...thought, encrypted_content: 'gAAAAx' }, fc('a'), out('a')] }, 400, /invalid_encrypted_content/],
    ['a tool as under Chat Completions', { tools: [{ type: 'function', function: { name: 'f' } }] }, 400, /Missing required parameter: 'tools\[0\].name'/],
    ['a loose schema called strict', { tools: [tool({ strict: true })] }, 400, /'additionalProperties' is required/],
    ['a choice of a tool that is none', { tools: [tool()], tool_choice: { type: 'function', name: 'g' } }, 400, /must be specified with 'tools'/],
    ['JSON that nobody asked for', { text: { format: { type: 'json_object' } } }, 400, /must contain the word 'json'/],
    ['a schema as under Chat Completions', { text: { format: { type: 'json_schema', json_schema: {} } } }, 400, /Unknown parameter: 'text.format.json_schema'/],
    ['what is kept nowhere', { previous_response_id: 'resp_x' }, 400, /previous_response_not_found/],
  ],
}

const cCall = (id: string) => ({ role: 'assistant', tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '{}' } }] })
const cResult = (tool_call_id?: string) => ({ role: 'tool', content: 'ok', ...(tool_call_id === undefined ? {} : { tool_call_id }) })
const cTool = (name = 'f', parameters: object = { type: 'object', properties: {} }) => ({ type: 'function', function: { name, parameters } })

const cohere: Table = {
  url: 'https://api.cohere.com/v2/chat',
  base: { model: 'm', messages: [user] },
  rows: [
    ['a plain question', {}, 200],
    ['a field that is none', { top_p: 0.5 }, 422, /unknown field: parameter 'top_p'/],
    ['a role that is none', { messages: [{ role: 'developer', content: 'x' }] }, 400, /invalid role 'developer'/],
    ['p beyond its bounds', { p: 1 }, 400, /p must be between 0.01 and 0.99/],
    ['six stops', { stop_sequences: ['a', 'b', 'c', 'd', 'e', 'f'] }, 400, /maximum is 5/],
    ['a call and its result', { messages: [user, cCall('a'), cResult('a')] }, 200],
    ['a result of another call', { messages: [user, cCall('a'), cResult('b')] }, 400, /not found in previous tool calls/],
    ['a result of nothing', { messages: [user, cCall('a'), cResult()] }, 400, /must be provided with tool message/],
    ['one id twice', { messages: [user, cCall('a'), cResult('a'), cCall('a'), cResult('a')] }, 400, /duplicate tool ids/],
    ['a dash in a name', { tools: [cTool('a-b')] }, 400, /invalid tool name/],
    ['a choice in lower case', { tools: [cTool()], tool_choice: 'required' }, 400, /'REQUIRED' or 'NONE'/],
    ['strict tools that ask for nothing', { tools: [cTool()], strict_tools: true }, 400, /at least one required parameter/],
    ['JSON and tools', { tools: [cTool()], response_format: { type: 'json_object' } }, 400, /not supported with tools/],
    ['a schema under another key', { response_format: { type: 'json_object', schema: {} } }, 422, /response_format.schema/],
    ['a schema with a minimum', { response_format: { type: 'json_object', json_schema: { type: 'object', required: ['a'], properties: { a: { type: 'integer', minimum: 1 } } } } }, 400, /'minimum' is not supported/],
    ['a list at the top', { response_format: { type: 'json_object', json_schema: { type: 'array' } } }, 400, /top level/],
    ['a picture of the assistant', { messages: [user, { role: 'assistant', content: [{ type: 'image_url' }] }, user] }, 400, /'image_url' is not allowed/],
  ],
}

const embeddings: readonly Table[] = [
  {
    url: 'https://api.openai.com/v1/embeddings',
    base: { model: 'text-embedding-ada-002', input: 'x' },
    rows: [['a text', {}, 200], ['no text', { input: '' }, 400, /empty string/], ['none at all', { input: [] }, 400, /empty array/], ['shorter vectors', { dimensions: 9 }, 400, /does not support specifying dimensions/]],
  },
  {
    url: 'https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001:batchEmbedContents',
    base: { requests: [{ model: 'models/gemini-embedding-001', content: { parts: [{ text: 'x' }] } }] },
    rows: [['a text', {}, 200], ['none', { requests: [] }, 400, /at least one request/], ['no model', { requests: [{ content: { parts: [{ text: 'x' }] } }] }, 400, /must match the one of the batch/]],
  },
  {
    url: 'https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/models/gemini-embedding-2:predict',
    base: { instances: [{ content: 'x' }] },
    rows: [['the older method', {}, 400, /FAILED_PRECONDITION/]],
  },
  {
    url: 'https://api.cohere.com/v2/embed',
    base: { model: 'embed-v4.0', input_type: 'search_query', texts: ['x'] },
    rows: [['a text', {}, 200], ['no purpose', { input_type: undefined }, 400, /input_type must be provided/], ['97 texts', { texts: Array(97).fill('x') }, 400, /at most 96/]],
  },
  {
    url: 'https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.titan-embed-text-v2%3A0/invoke',
    base: { inputText: 'x' },
    rows: [['a text', {}, 200], ['another key', { inputText: undefined, texts: ['x'] }, 400, /required key \[inputText\]/], ['a key too many', { input_type: 'x' }, 400, /extraneous key \[input_type\]/]],
  },
]

const tables = [converse, invoke, vertexClaude, gemini, older, vertex, responses, cohere, ...embeddings]

describe.each(tables.map((table) => [table.url.replace(/^https:\/\/[^/]*/, ''), table] as const))('%s', (_, { url, base, rows }) => {
  it.each(rows.map((row) => [row[0], row] as const))('%s', async (_, [, body, status, says]) => {
    const response = await simulator().fetch(url, { method: 'POST', headers: { authorization: 'Bearer k' }, body: JSON.stringify({ ...base, ...body }) })
    const text = await response.text()
    expect([response.status, response.status === status ? '' : text]).toEqual([status, ''])
    if (says !== undefined) expect(text).toMatch(says)
  })
})
