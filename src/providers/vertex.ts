// Google's Vertex AI: Gemini, Claude, and everybody else at its OpenAI-compatible endpoint. cloud.google.com/vertex-ai
import type { ModelConfig } from '../types/config.ts'
import type { Encoding, Provider, Wire } from '../types/provider.ts'
import { anthropicMessages } from '../wire/anthropic-messages.ts'
import { anew } from '../wire/anthropic-models.ts'
import { REFUSED } from '../wire/fields.ts'
import { RULES } from '../wire/gemini.ts'
import { openaiChatKin } from '../wire/openai-chat-kin.ts'
import { vertexGemini } from './vertex-gemini.ts'

/** A model without its publisher: `google/gemini-3.8-flash` and `publishers/google/models/gemini-3.8-flash` are Gemini too. */
const bare = (model: string): string => model.replace(/^(publishers\/)?(google|anthropic)\/(models\/)?/, '')

const geminiWire: Wire = vertexGemini.wire

const claudeWire: Wire = anthropicMessages({
  path: ({ target, mode }) => `/publishers/anthropic/models/${bare(target.model)}:${mode === 'stream' ? 'streamRawPredict' : 'rawPredict'}`,
  version: () => 'vertex-2023-10-16',
  lacks: () => ['url', 'file', 'strict'],
})

const openWire: Wire = openaiChatKin({
  fields: { name: null },
  adjust: (body, { target, note }) => {
    if (target.model.startsWith('xai/') && body['reasoning_effort'] !== undefined) {
      note('reasoning', REFUSED)
      delete body['reasoning_effort']
    }
    if (/llama-4/.test(target.model) && body['max_tokens'] === undefined) {
      note('maxTokens', 'the API wants a number: 8192')
      body['max_tokens'] = 8192
    }
  },
  endsWithBody: true,
  // The platform speaks before the model does, and in the middle of it.
  faults: RULES,
})

/** Whose model it is says which protocol it speaks. */
function protocolOf(model: string, { api_style }: Partial<ModelConfig> = {}): 'gemini' | 'claude' | 'open' {
  if (api_style === 'chat_completions') return 'open'
  if (bare(model).startsWith('claude')) return 'claude'
  return /^(endpoints|publishers)\/|^[^/]*$/.test(bare(model)) ? 'gemini' : 'open'
}

/** All three, a call at a time. */
function publishers(): Wire {
  const wires = { gemini: geminiWire, claude: claudeWire, open: openWire }
  const pick = ({ target }: Encoding): Wire => wires[protocolOf(target.model, target.config)]
  return {
    name: 'vertex',
    framing: geminiWire.framing,
    encode(encoding) {
      const wire = pick(encoding)
      const { path, body, headers = {} } = wire.encode(encoding)
      if (wire === openWire) return { path: `/endpoints/openapi${path}`, body, headers }
      // The path says so too, but the body is the Messages body, which says it.
      return { path, body: wire === claudeWire && encoding.mode === 'stream' ? { ...body, stream: true } : body, headers }
    },
    // Some failures come in a list of one.
    decode: (body, encoding, headers) => pick(encoding).decode([body].flat()[0], encoding, headers),
    decoder: (encoding) => pick(encoding).decoder(encoding),
    fault(failure) {
      // The platform speaks before the model does.
      const { error } = ([failure.json].flat()[0] ?? {}) as { readonly error?: { readonly status?: unknown } }
      return wires[typeof error?.status === 'string' ? 'gemini' : protocolOf(failure.details.model ?? '')].fault(failure)
    },
  }
}

/** Every model there. It brings three companies' protocols with it: `vertexGemini` is the one that does not. */
export const vertex: Provider = { ...vertexGemini, wire: publishers(), anew }
