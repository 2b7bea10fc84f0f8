// Vertex AI's OpenAI-compatible endpoint: other companies' models, and failures in Google's words.
import type { ErrorTable } from '../endpoint.ts'
import { text } from '../read.ts'
import { openaiUsage } from '../wires/chat-dialect.ts'
import type { ChatDialect, Rule } from '../wires/chat-dialect.ts'
import { googleKey } from '../wires/gemini.ts'
import { googleFailure, invalidArgument, vertexErrors } from '../wires/google-errors.ts'
import { strictSchemas } from '../wires/openai-chat-rules.ts'

/** Without what only Gemini says. */
function errors(): ErrorTable {
  const { content_policy: _, prohibited_content: __, unknown_field: ___, ...rest } = vertexErrors
  return rest
}

const published: Rule = (body) => {
  const model = text(body['model'])
  if (!/^[^/]+\/.+/.test(model)) return invalidArgument(`Malformed publisher model (expected {PUBLISHER}/{MODEL}): '${model}'`)
  return model.startsWith('xai/') && body['reasoning_effort'] !== undefined ? invalidArgument('Model does not support parameter reasoning_effort.') : undefined
}

export const vertex: ChatDialect = {
  name: 'vertex',
  hosts: [],
  paths: /\/endpoints\/openapi\//,
  key: googleKey,
  answerId: (mint) => mint.id('', 23),
  callId: (mint) => mint.id('call_', 24),
  reasoning: (reasoning_content) => ({ reasoning_content }),
  usageAt: 'own',
  usage: (usage) => ({
    ...openaiUsage(usage),
    ...(usage.cachedInputTokens > 0 ? { prompt_tokens_details: { cached_tokens: usage.cachedInputTokens } } : {}),
    extra_properties: { google: { traffic_type: 'ON_DEMAND' } },
  }),
  head: () => ({ system_fingerprint: '' }),
  errors: errors(),
  // In a list of one.
  failure: (facts) => facts.body ?? [googleFailure(facts)],
  failureFrames: (facts) => [{ data: googleFailure(facts) }],
  rules: [published, strictSchemas],
}
