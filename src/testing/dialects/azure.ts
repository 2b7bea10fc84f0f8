// Azure: OpenAI's models by deployment or by name, its own words for failures, and the verdicts of its content filter.
import type { ErrorFacts, ErrorTable, Frame, HttpCall, JsonObject, Mint, Reply } from '../endpoint.ts'
import { object, objects, text } from '../read.ts'
import { openaiFailure, uuid } from '../wires/chat-dialect.ts'
import type { ChatDialect, Rule } from '../wires/chat-dialect.ts'
import { onlyKnows, strictSchemas, wrong } from '../wires/openai-chat-rules.ts'
import type { ResponsesDialect } from '../wires/openai-responses-dialect.ts'
import { azureErrors, misplaced } from './azure-errors.ts'
import { CHAT_FIELDS, openai, openaiRules, reasoningModels } from './openai.ts'
import { responsesErrors } from './openai-responses.ts'

const HOSTS = ['openai.azure.com', 'services.ai.azure.com', 'cognitiveservices.azure.com']
const SAFE = { filtered: false, severity: 'safe' }
const OUTPUT = { hate: SAFE, self_harm: SAFE, sexual: SAFE, violence: SAFE }
const PROMPT = { ...OUTPUT, jailbreak: { filtered: false, detected: false } }

function key({ headers }: HttpCall): string | undefined {
  return headers.get('api-key') || /^Bearer (.+)$/.exec(headers.get('authorization') ?? '')?.[1]
}

/** What OpenAI says in full, and Azure's front in two words. */
function failure(facts: ErrorFacts): unknown {
  if (facts.body !== undefined) return facts.body
  const { code, message, param, more } = facts
  return param === undefined ? { error: { code: code ?? null, message, ...more } } : openaiFailure(facts)
}

function headers(mint: Mint): Record<string, string> {
  return {
    'apim-request-id': uuid(mint),
    'x-request-id': uuid(mint),
    'x-ms-client-request-id': uuid(mint),
    'x-ms-region': 'East US 2',
    'azureml-model-session': 'd061-20260921000000',
    'x-ratelimit-remaining-requests': '119',
    'x-ratelimit-remaining-tokens': '119984',
  }
}

function promptResults({ filter: { prompt } }: Reply): JsonObject {
  return { prompt_filter_results: [{ prompt_index: 0, content_filter_results: { ...PROMPT, ...prompt } }] }
}

function verdicts({ filter: { completion } }: Reply): JsonObject {
  return { ...OUTPUT, ...completion }
}

/** The prompt's verdict comes first, with nothing else; where the filter works alongside, the answer's comes last. */
function frames(told: readonly Frame[], reply: Reply): Frame[] {
  const nobody = { id: '', object: '', created: 0, model: '' }
  const first = { data: { choices: [], ...nobody, ...promptResults(reply) } }
  if (!reply.filter.late) return [first, ...told]
  const results = verdicts(reply)
  const last = told.findIndex((frame) => frame.closing)
  const late = (finish_reason: string | null): Frame => {
    const content_filter_offsets = { check_offset: 0, start_offset: 0, end_offset: 198 }
    return { data: { choices: [{ index: 0, content_filter_offsets, content_filter_results: results, finish_reason }], ...nobody } }
  }
  const blocked = reply.finishReason === 'content_filter'
  const before = told.slice(0, last + 1).map((frame) => unjudged(frame, blocked))
  return [first, ...before, late(null), ...(blocked ? [late('content_filter')] : []), ...told.slice(last + 1)]
}

/** A chunk of which nothing is known yet. */
function unjudged(frame: Frame, blocked: boolean): Frame {
  const data = object(frame.data)
  const choices = objects(data['choices']).map((choice) => ({
    ...choice,
    content_filter_results: {},
    finish_reason: frame.closing && blocked ? 'stop' : choice['finish_reason'],
  }))
  return { ...frame, data: { ...data, choices } }
}

const noFiles: Rule = (body) => {
  const parts = objects(body['messages']).flatMap((message) => objects(message['content']))
  return parts.some((part) => part['type'] === 'file') ? wrong("Invalid value: 'file'. Supported values are: 'text' and 'image_url'.", 'messages') : undefined
}

/** A deployment may have any name: only one that is a model's tells what the model takes. */
const named: Rule = (body, question) => /^(gpt-|o\d)/.test(text(body['model'])) ? reasoningModels(body, question) : undefined

export const azure: ChatDialect = {
  ...openai,
  name: 'azure',
  hosts: HOSTS,
  paths: /\/openai\/deployments\//,
  key,
  misplaced,
  asked({ url, body = {} }) {
    const [, deployment] = /\/deployments\/([^/]+)\//.exec(url.pathname) ?? []
    return deployment === undefined ? body : { ...body, model: decodeURIComponent(deployment) }
  },
  choice: (choice, { first, reply }) => ({ ...choice, content_filter_results: first ? {} : verdicts(reply) }),
  frames,
  body: (body, reply) => ({
    ...body,
    choices: objects(body['choices']).map((choice) => ({ ...choice, content_filter_results: verdicts(reply) })),
    ...promptResults(reply),
  }),
  headers,
  errors: azureErrors,
  failure,
  rules: [
    onlyKnows([...CHAT_FIELDS, 'data_sources', 'user_security_context'], (field) => wrong(`Unrecognized request argument supplied: ${field}`)),
    noFiles, named, ...openaiRules, strictSchemas,
  ],
}

export const azureResponses: ResponsesDialect = {
  name: 'azure',
  at: (url) => HOSTS.some((host) => url.host.endsWith(`.${host}`)),
  key,
  errors: {
    ...azureErrors,
    context_window: responsesErrors['context_window']!,
    context_window_in_stream: responsesErrors['context_window_in_stream']!,
  } satisfies ErrorTable,
  headers,
  failure,
  misplaced,
  more: (reply, begun) => ({
    service_tier: 'default',
    content_filters: begun ? null : [
      filtered('prompt', { ...PROMPT, ...reply.filter.prompt }),
      ...(reply.blocks.length > 0 ? [filtered('completion', verdicts(reply))] : []),
    ],
  }),
  // Writes to the cache are not told.
  cached: ({ cachedInputTokens }) => ({ cached_tokens: cachedInputTokens }),
}

function filtered(source_type: 'prompt' | 'completion', results: JsonObject): JsonObject {
  return {
    blocked: Object.values(results).some((verdict) => object(verdict)['filtered'] === true),
    source_type,
    content_filter_raw: [],
    content_filter_results: results,
    content_filter_offsets: { check_offset: 0, start_offset: 0, end_offset: 198 },
  }
}
