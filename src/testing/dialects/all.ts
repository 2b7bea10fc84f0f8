// Everybody who speaks Chat Completions, or Responses, here; the first answers where nothing says who is meant.
import type { ChatDialect } from '../wires/chat-dialect.ts'
import type { ResponsesDialect } from '../wires/openai-responses-dialect.ts'
import { azure, azureResponses } from './azure.ts'
import { compatible } from './compatible.ts'
import { deepseek } from './deepseek.ts'
import { fireworks } from './fireworks.ts'
import { groq } from './groq.ts'
import { lmstudio } from './lmstudio.ts'
import { mistral } from './mistral.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openaiResponses } from './openai-responses.ts'
import { openrouter } from './openrouter.ts'
import { perplexity } from './perplexity.ts'
import { openrouterResponses, perplexityResponses, xaiResponses } from './responses-kin.ts'
import { together } from './together.ts'
import { vertex } from './vertex.ts'
import { vllm } from './vllm.ts'
import { xai } from './xai.ts'

export const chatDialects: readonly ChatDialect[] = [
  openai, groq, together, deepseek, xai, mistral, fireworks, perplexity, openrouter, ollama, vllm, lmstudio, compatible,
  azure, vertex,
]

export const responsesDialects: readonly ResponsesDialect[] = [
  openaiResponses, azureResponses, xaiResponses, openrouterResponses, perplexityResponses,
]
