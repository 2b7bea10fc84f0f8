// Every provider that there is, by name and as a list: the doors of the runtimes hand in all of them.
import type { Provider } from '../types/provider.ts'
import { anthropic } from './anthropic.ts'
import { azure } from './azure.ts'
import { azureResponses } from './azure-responses.ts'
import { bedrock } from './bedrock.ts'
import { bedrockInvoke } from './bedrock-invoke.ts'
import { cohere } from './cohere.ts'
import { compatible } from './compatible.ts'
import { deepseek } from './deepseek.ts'
import { fireworks } from './fireworks.ts'
import { google } from './google.ts'
import { groq } from './groq.ts'
import { lmstudio } from './lmstudio.ts'
import { mistral } from './mistral.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openaiResponses } from './openai-responses.ts'
import { openrouter } from './openrouter.ts'
import { openrouterResponses } from './openrouter-responses.ts'
import { perplexity } from './perplexity.ts'
import { perplexityResponses } from './perplexity-responses.ts'
import { together } from './together.ts'
import { vertex } from './vertex.ts'
import { vllm } from './vllm.ts'
import { xai } from './xai.ts'
import { xaiResponses } from './xai-responses.ts'

export {
  openai,
  openaiResponses,
  azure,
  azureResponses,
  anthropic,
  google,
  vertex,
  bedrock,
  bedrockInvoke,
  cohere,
  groq,
  together,
  deepseek,
  xai,
  xaiResponses,
  mistral,
  fireworks,
  perplexity,
  perplexityResponses,
  openrouter,
  openrouterResponses,
  ollama,
  vllm,
  lmstudio,
  compatible,
}

/** All of them. What is not handed to a hub one by one is in your bundle with this. */
export const providers: readonly Provider[] = [
  openai,
  openaiResponses,
  azure,
  azureResponses,
  anthropic,
  google,
  vertex,
  bedrock,
  bedrockInvoke,
  cohere,
  groq,
  together,
  deepseek,
  xai,
  xaiResponses,
  mistral,
  fireworks,
  perplexity,
  perplexityResponses,
  openrouter,
  openrouterResponses,
  ollama,
  vllm,
  lmstudio,
  compatible,
]
