// The hub that the documents' blocks ask when they bring none: a few aliases, and a simulated provider behind each.
import { Hub } from '@relay/core'
import { providers } from '@relay/core/providers'
import { simulator, type Answer, type SimulatedRequest } from '@relay/core/testing'

const cost = { input_per_1m: 3, output_per_1m: 15 }

function script({ neutral }: SimulatedRequest): Answer {
  const answered = neutral.turns.at(-1)?.toolResults?.length
  const [tool] = neutral.tools
  // Who is asked for a tool's help calls it; whoever must call one, or must answer in a shape, echoes.
  if (tool && !answered && neutral.toolChoice === 'auto') return { toolCalls: [{ name: tool.name, arguments: { city: 'Paris' } }] }
  return answered ? { text: 'It is 21 °C in Paris.' } : {}
}

const { fetch } = simulator({ answers: script })

export const hub: Hub = new Hub(
  {
    models: {
      fast: { target: 'openai/gpt-4.1-mini', cost },
      smart: { target: 'anthropic/claude-sonnet-4-5', cost },
      spare: { target: 'groq/llama-3.3-70b-versatile', cost },
      vectors: { target: 'openai/text-embedding-3-small', cost: { input_per_1m: 0.02 } },
      ranker: { target: 'cohere/rerank-v3.5', cost: { per_request: 0.002, input_per_1m: 0 } },
    },
    groups: { any: { members: ['fast', 'smart', 'spare'] } },
  },
  { providers, fetch, env: () => 'a-key-that-is-none' },
)
