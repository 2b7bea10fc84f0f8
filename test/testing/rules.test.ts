// The simulator says no where the provider would: one table of requests and of what is said about them.
import { describe, expect, it } from 'vitest'
import { simulator } from '@relay/core/testing'

const user = { role: 'user', content: 'Hi' }
const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })
const called = (id: string, more: object = {}) => ({ role: 'assistant', content: null, tool_calls: [call(id)], ...more })
const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'ok' })
const tool = (parameters: object = { type: 'object', properties: {} }, strict = false) => ({
  type: 'function', function: { name: 'f', parameters, strict },
})

async function say(dialect: string, body: object, headers: Record<string, string> = {}): Promise<[number, string]> {
  const claude = dialect === 'anthropic'
  const sim = simulator({ dialect })
  const response = await sim.fetch(`https://api.test/v1/${claude ? 'messages' : 'chat/completions'}`, {
    method: 'POST',
    headers: claude ? { 'x-api-key': 'k', 'anthropic-version': '2023-06-01', ...headers } : { authorization: 'Bearer k', ...headers },
    body: JSON.stringify(body),
  })
  return [response.status, await response.text()]
}

type Row = readonly [name: string, dialect: string, body: object, status: number, says?: RegExp]

const chat: readonly Row[] = [
  ['no model', 'openai', { messages: [user] }, 400, /you must provide a model parameter/],
  ['no messages', 'openai', { model: 'm' }, 400, /"code":"missing_required_parameter"/],
  ['a field that is none', 'openai', { reasoning: {} }, 400, /Unknown parameter: 'reasoning'/],
  ['max_tokens for a reasoning model', 'openai', { model: 'o4-mini', max_tokens: 9 }, 400, /"param":"max_tokens","code":"unsupported_parameter"/],
  ['max_completion_tokens for a reasoning model', 'openai', { model: 'o4-mini', max_completion_tokens: 9 }, 200],
  ['max_tokens for another', 'openai', { model: 'gpt-4o', max_tokens: 9 }, 200],
  ['temperature while thinking', 'openai', { model: 'gpt-5', temperature: 0.2 }, 400, /Only the default \(1\) value is supported/],
  ['temperature without thinking', 'openai', { model: 'gpt-5.4', temperature: 0.2 }, 200],
  ['temperature with thinking on demand', 'openai', { model: 'gpt-5.4', temperature: 0.2, reasoning_effort: 'low' }, 400],
  ['an effort of another generation', 'openai', { model: 'gpt-5.4', reasoning_effort: 'minimal' }, 400, /does not support 'minimal'/],
  ['an effort for a model that does not think', 'openai', { model: 'gpt-4o', reasoning_effort: 'low' }, 400],
  ['tools while 5.6 thinks', 'openai', { model: 'gpt-5.6-sol', tools: [tool()] }, 400, /v1\/responses/],
  ['tools while 5.6 does not', 'openai', { model: 'gpt-5.6-sol', tools: [tool()], reasoning_effort: 'none' }, 200],
  ['penalties for a reasoning model', 'openai', { model: 'gpt-5.4', presence_penalty: 1 }, 400, /'presence_penalty' is not supported/],
  ['stop for o3', 'openai', { model: 'o3', stop: 'x' }, 400, /'stop' is not supported/],
  ['five stops', 'openai', { stop: ['a', 'b', 'c', 'd', 'e'] }, 400, /array_above_max_length/],
  ['too hot', 'openai', { temperature: 3 }, 400, /decimal_above_max_value/],
  ['too cold', 'openai', { temperature: -1 }, 400, /decimal_below_min_value/],
  ['stream_options alone', 'openai', { stream_options: { include_usage: true } }, 400, /only allowed when 'stream' is enabled/],
  ['tool_choice alone', 'openai', { tool_choice: 'auto' }, 400, /only allowed when 'tools' are specified/],
  ['parallel_tool_calls alone', 'openai', { parallel_tool_calls: true }, 400, /only allowed when 'tools' are specified/],
  ['JSON that nobody asked for', 'openai', { response_format: { type: 'json_object' } }, 400, /must contain the word 'json'/],
  ['a call without its result', 'openai', { messages: [user, called('a'), user] }, 400, /did not have response messages: a/],
  ['a call at the end', 'openai', { messages: [user, called('a')] }, 400, /did not have response messages: a/],
  ['a result without its call', 'openai', { messages: [user, result('a')] }, 400, /must be a response to a preceeding message/],
  ['a call and its result', 'openai', { messages: [user, called('a'), result('a')] }, 200],
  ['a loose schema called strict', 'openai', { tools: [tool({ type: 'object', properties: {} }, true)] }, 400, /'additionalProperties' is required/],
  [
    'an optional property called strict', 'openai',
    { tools: [tool({ type: 'object', properties: { a: {} }, additionalProperties: false }, true)] }, 400, /Missing 'a'/,
  ],
  [
    'a strict schema that is loose within', 'openai',
    { tools: [tool({ type: 'object', properties: { a: { type: 'array', items: { type: 'object' } } }, required: ['a'], additionalProperties: false }, true)] },
    400, /context=\('properties', 'a', 'items'\)/,
  ],
  ['a picture in a result', 'openai', { messages: [user, called('a'), { ...result('a'), content: [{ type: 'image_url' }] }] }, 400, /invalid_value/],
  ['a name', 'groq', { messages: [{ ...user, name: 'x' }] }, 400, /'name' is unsupported/],
  ['logprobs', 'groq', { logprobs: true }, 400],
  ['two answers', 'groq', { n: 2 }, 400],
  ['JSON and tools', 'groq', { response_format: { type: 'json_object' }, tools: [tool()] }, 400, /cannot be combined/],
  ['max_completion_tokens', 'mistral', { max_completion_tokens: 9 }, 422, /extra_forbidden.*max_completion_tokens/],
  ['stream_options', 'mistral', { stream: true, stream_options: {} }, 422],
  ['a long id', 'mistral', { messages: [user, called('call_123456'), result('call_123456')] }, 400, /Tool call id was call_123456/],
  ['a short id', 'mistral', { messages: [user, called('abcDEF123'), result('abcDEF123')] }, 200],
  ['the last word', 'mistral', { messages: [user, { role: 'assistant', content: 'Well' }] }, 400, /3230/],
  ['the last word as a prefix', 'mistral', { messages: [user, { role: 'assistant', content: 'Well', prefix: true }] }, 200],
  ['lost reasoning', 'deepseek', { model: 'deepseek-v4-pro', messages: [user, called('a'), result('a')] }, 400, /must be passed back/],
  ['kept reasoning', 'deepseek', { model: 'deepseek-v4-pro', messages: [user, called('a', { reasoning_content: '' }), result('a')] }, 200],
  ['no reasoning', 'deepseek', { thinking: { type: 'disabled' }, messages: [user, called('a'), result('a')] }, 200],
  ['a schema', 'deepseek', { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } } }, 400, /unavailable/],
  ['a penalty', 'xai', { model: 'grok-4', presence_penalty: 1 }, 400, /"error":"Argument not supported/],
  ['JSON', 'lmstudio', { response_format: { type: 'json_object' } }, 400, /"error":"'response_format.type' must be/],
  ['two users', 'perplexity', { messages: [user, user] }, 400, /should alternate/],
  ['tools', 'perplexity', { tools: [tool()] }, 400, /not supported/],
]

const claude = { model: 'claude-sonnet-4-5', max_tokens: 2048, messages: [user] }
const use = (id: string) => ({ role: 'assistant', content: [{ type: 'tool_use', id, name: 'f', input: {} }] })
const toolResult = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' })
const defined = [{ name: 'f', input_schema: { type: 'object' } }]
const marked = { type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }

const messages: readonly Row[] = [
  ['no max_tokens', 'anthropic', { max_tokens: undefined }, 400, /max_tokens: Field required/],
  ['a field that is none', 'anthropic', { seed: 1 }, 400, /seed: Extra inputs are not permitted/],
  ['metadata of one’s own', 'anthropic', { metadata: { team: 'x' } }, 400, /metadata.team: Extra inputs/],
  ['more tokens than there are', 'anthropic', { max_tokens: 64_001 }, 400, /64001 > 64000, which is the maximum allowed/],
  ['no messages', 'anthropic', { messages: [] }, 400, /at least one message is required/],
  ['a role that is none', 'anthropic', { messages: [{ role: 'tool', content: 'x' }] }, 400, /messages.0.role/],
  ['the assistant first', 'anthropic', { messages: [{ role: 'assistant', content: 'x' }, user] }, 400, /first message must use the/],
  ['empty text', 'anthropic', { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }, 400, /must be non-empty/],
  ['a call without its result', 'anthropic', { messages: [user, use('a'), user] }, 400, /`tool_use` ids were found without `tool_result` blocks immediately after: a/],
  ['a result after text', 'anthropic', { messages: [user, use('a'), { role: 'user', content: [{ type: 'text', text: 'x' }, toolResult('a')] }] }, 400, /immediately after: a/],
  ['a result and then text', 'anthropic', { messages: [user, use('a'), { role: 'user', content: [toolResult('a'), { type: 'text', text: 'x' }] }] }, 200],
  ['a result without its call', 'anthropic', { messages: [{ role: 'user', content: [toolResult('a')] }] }, 400, /unexpected `tool_use_id`/],
  ['unsigned thinking', 'anthropic', { messages: [user, { role: 'assistant', content: [{ type: 'thinking', thinking: 'x' }] }, user] }, 400, /signature: Field required/],
  ['forged thinking', 'anthropic', { messages: [user, { role: 'assistant', content: [{ type: 'thinking', thinking: 'x', signature: 'y' }] }, user] }, 400, /Invalid `signature`/],
  ['forged redacted thinking', 'anthropic', { messages: [user, { role: 'assistant', content: [{ type: 'redacted_thinking', data: 'y' }] }, user] }, 400, /Invalid `data`/],
  ['a prefill for an old model', 'anthropic', { messages: [user, { role: 'assistant', content: 'Well' }] }, 200],
  ['a prefill with a space at its end', 'anthropic', { messages: [user, { role: 'assistant', content: 'Well ' }] }, 400, /trailing whitespace/],
  ['a prefill for a new model', 'anthropic', { model: 'claude-sonnet-4-6', messages: [user, { role: 'assistant', content: 'Well' }] }, 400, /does not support assistant message prefill/],
  ['temperature for an old model', 'anthropic', { temperature: 0.2 }, 200],
  ['temperature and top_p', 'anthropic', { temperature: 0.2, top_p: 0.9 }, 400, /cannot both be specified/],
  ['temperature for a new model', 'anthropic', { model: 'claude-opus-4-8', temperature: 0.2 }, 400, /`temperature` is deprecated for this model/],
  ['temperature while thinking', 'anthropic', { temperature: 0.2, thinking: { type: 'enabled', budget_tokens: 1024 } }, 400, /may only be set to 1/],
  ['a small budget', 'anthropic', { thinking: { type: 'enabled', budget_tokens: 100 } }, 400, /greater than or equal to 1024/],
  ['a budget beyond the answer', 'anthropic', { thinking: { type: 'enabled', budget_tokens: 2048 } }, 400, /must be greater than `thinking.budget_tokens`/],
  ['adaptive thinking for an old model', 'anthropic', { thinking: { type: 'adaptive' } }, 400, /adaptive thinking is not supported/],
  ['a budget for a new model', 'anthropic', { model: 'claude-opus-5', thinking: { type: 'enabled', budget_tokens: 1024 } }, 400, /"?thinking.type.enabled\\?" is not supported/],
  ['an effort that is none of its', 'anthropic', { model: 'claude-sonnet-4-6', output_config: { effort: 'xhigh' } }, 400, /Supported levels: high, low, max, medium/],
  ['a forced tool while thinking', 'anthropic', { tools: defined, tool_choice: { type: 'any' }, thinking: { type: 'enabled', budget_tokens: 1024 } }, 400, /forces tool use/],
  ['a forced tool for a model that always thinks', 'anthropic', { model: 'claude-opus-5-5', tools: defined, tool_choice: { type: 'any' } }, 400, /forces tool use/],
  ['a forced tool', 'anthropic', { tools: defined, tool_choice: { type: 'any' } }, 200],
  ['a tool with a bad name', 'anthropic', { tools: [{ name: 'a b', input_schema: { type: 'object' } }] }, 400, /String should match pattern/],
  ['five breakpoints', 'anthropic', { system: [marked, marked, marked, marked, marked] }, 400, /Found 5/],
  ['four breakpoints', 'anthropic', { system: [marked, marked, marked, marked] }, 200],
  ['an hour after five minutes', 'anthropic', { system: [marked, { ...marked, cache_control: { type: 'ephemeral', ttl: '1h' } }] }, 400, /ttl='1h'/],
]

const complete = (row: Row): object => row[1] === 'anthropic' ? { ...claude, ...row[2] } : row[0].startsWith('no m') ? row[2] : { model: 'm', messages: [user], ...row[2] }

describe('a request with', () => {
  it.each([...chat, ...messages].map((row) => [row[1], row[0], row] as const))('%s: %s', async (dialect, _, row) => {
    const [status, text] = await say(dialect, complete(row))
    expect([status, status === row[3] ? '' : text]).toEqual([row[3], ''])
    if (row[4] !== undefined) expect(text).toMatch(row[4])
  })
})

describe('the headers', () => {
  it('want a key, in the place where the provider looks', async () => {
    const body = { model: 'm', messages: [user], max_tokens: 1 }
    expect(await say('openai', body, { authorization: '' })).toEqual([401, expect.stringContaining("You didn't provide an API key")])
    expect(await say('anthropic', body, { 'x-api-key': '' })).toEqual([401, expect.stringContaining('x-api-key header is required')])
    expect((await say('anthropic', body, { 'x-api-key': '', authorization: 'Bearer k' }))[0]).toBe(200)
    expect((await say('xai', body, { authorization: '' }))[0]).toBe(400)
    expect((await say('ollama', body, { authorization: '' }))[0]).toBe(200)
  })

  it('let in the keys that are named, and no other', async () => {
    const sim = simulator({ keys: ['right'] })
    const ask = async (key: string): Promise<number> => {
      const init = { method: 'POST', headers: { authorization: `Bearer ${key}` }, body: JSON.stringify({ model: 'm', messages: [user] }) }
      return (await sim.fetch('https://api.openai.com/v1/chat/completions', init)).status
    }
    expect([await ask('wrong'), await ask('right')]).toEqual([401, 200])
  })

  it('decide what the Messages API still takes', async () => {
    const dated = (version: string) => ({ 'anthropic-version': version })
    expect(await say('anthropic', claude, dated(''))).toEqual([400, expect.stringContaining('anthropic-version')])
    expect((await say('anthropic', { ...claude, temperature: 1 }, dated('2026-10-21')))[0]).toBe(400)
    const cited = { role: 'user', content: [{ type: 'text', text: 'x', citations: [{}] }] }
    const document = { role: 'assistant', content: [{ type: 'document' }] }
    for (const messages of [[cited], [user, document, user]]) {
      expect((await say('anthropic', { ...claude, messages }, dated('2026-10-21')))[0]).toBe(400)
      expect((await say('anthropic', { ...claude, messages }, dated('2023-06-01')))[0]).toBe(200)
    }
  })

  it('are not looked at, nor is anything else, where the simulator is not strict', async () => {
    const sim = simulator({ strict: false })
    const init = { method: 'POST', headers: { 'x-api-key': 'k' }, body: JSON.stringify({ messages: [user], wild: true }) }
    expect((await sim.fetch('https://api.anthropic.com/v1/messages', init)).status).toBe(200)
  })
})
