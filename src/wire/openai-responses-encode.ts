// Relay's request to a Responses body.
import { deepMerge } from '../json/merge.ts'
import { isStrict } from '../json/strict.ts'
import type { Encoding, WireRequest } from '../types/provider.ts'
import { unsent } from './fields.ts'
import { OPEN, worded } from './format.ts'
import { effortOf } from './openai-effort.ts'
import type { ResponsesDialect } from './openai-responses.ts'
import { inputItems } from './openai-responses-items.ts'

export interface ResponsesBody {
  [field: string]: unknown
}

export function encodeResponses(dialect: ResponsesDialect, encoding: Encoding): WireRequest {
  const { mode, request, extra, target, note } = encoding
  const { minTokens = 1, adjust } = dialect
  const { maxTokens, temperature, topP } = request
  const told = { ...extra, ...request.providerOptions }
  // What continues a kept answer, or runs in the background, needs the server to keep it.
  const store = told['store'] ?? !!(told['previous_response_id'] ?? told['conversation'] ?? told['background'])
  const body: ResponsesBody = {
    model: target.model,
    input: inputItems(dialect, encoding, !!store),
    store,
    stream: mode === 'stream' || undefined,
    max_output_tokens: maxTokens && Math.max(maxTokens, minTokens),
    temperature,
    top_p: topP,
  }
  if (told['store'] === undefined) note('store', `sent as ${store}: an answer is kept only where something goes on from it`)
  if (!store && thinks(dialect, encoding)) {
    body['include'] = ['reasoning.encrypted_content']
    if (!told['include']) note('include', 'thinking goes back sealed, as nothing is kept')
  }
  unsent(encoding, 'topK', 'stop', 'seed')
  if (Number(maxTokens) < minTokens) note('maxTokens', `sent as ${minTokens}`)
  tools(encoding, body)
  format(encoding, body)
  Object.assign(body, effortOf(dialect, encoding, (effort) => ({ reasoning: { effort } })))
  const merged = deepMerge(body, extra)
  adjust?.(merged, encoding)
  return { path: '/responses', body: deepMerge(merged, request.providerOptions) }
}

/** Models that do not reason refuse to be asked for what they thought. */
function thinks({ reasons }: ResponsesDialect, { request: { reasoning = 'none' }, target: { model, config } }: Encoding): boolean {
  return config.capabilities?.thinking ?? (!reasons || reasons(model) || reasoning !== 'none')
}

function tools({ request }: Encoding, body: ResponsesBody): void {
  const { tools: declared = [], toolChoice: choice, parallelToolCalls } = request
  if (!declared.length) return
  body['tools'] = declared.map((tool) => {
    if ('native' in tool) return tool.native
    const { name, description, parameters = { type: 'object', properties: {} }, strict = false } = tool
    // Left out, `strict` may come to mean true.
    return { type: 'function', name, description, parameters, strict }
  })
  body['parallel_tool_calls'] = parallelToolCalls
  if (!choice || typeof choice === 'string') return void (choice && (body['tool_choice'] = choice))
  // A tool of the provider's own is named by its type, one that takes free text by both.
  const own = declared.flatMap((tool) => ('native' in tool ? [tool.native] : [])).find(({ name, type }) => (name ?? type) === choice.name)
  body['tool_choice'] = own?.['name'] === undefined ? { type: own?.['type'] ?? 'function', ...(!own && choice) } : { type: own['type'], ...choice }
}

function format({ request, note }: Encoding, body: ResponsesBody): void {
  const { responseFormat: asked = 'text' } = request
  if (asked === 'text') return
  if (asked !== 'json_object') {
    const { name = 'response', schema, strict = isStrict(schema) } = asked
    if (!strict) note('responseFormat', OPEN)
    body['text'] = { format: { type: 'json_schema', name, schema, strict } }
    return
  }
  body['text'] = { format: { type: asked } }
  const { input } = body
  // Refused unless the prompt says JSON.
  if (!/json/i.test(JSON.stringify(input))) body['input'] = [{ role: 'system', content: worded(asked, note) }, ...(input as readonly unknown[])]
}
