// One conversation between a user with a tool and two models that take turns, on a simulator that checks every request.
import { Hub } from '@relay/core'
import type { ChatResponse, Message } from '@relay/core'
import { simulator } from '@relay/core/testing'
import type { AnswerBlock, SimulatedRequest } from '@relay/core/testing'
import type { Seat } from './seats.ts'

export type Mode = 'chat' | 'stream'

/** What one model said that is for itself alone, as the script has it. */
export interface Sealed {
  readonly signature: string
  readonly data: string
}

export interface Step {
  readonly seat: Seat
  readonly request: SimulatedRequest
  readonly response: ChatResponse
  /** What came over the line. */
  readonly raw: string
  /** Asks the same again, with another body. */
  readonly again: (change: (body: string) => string) => Promise<number>
  /** What it was made to say. */
  readonly said: { readonly text: string; readonly cities: readonly string[] } & Sealed
}

const question: Message = { role: 'user', content: 'How is the weather in Oslo and in Zürich? 🌦' }
const tools = [{
  name: 'weather',
  description: 'The weather in a city.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
}]

/** Thinks, seals what it thought, says something, and calls the tool for each city. */
function script({ text, cities, signature, data }: Step['said']): AnswerBlock[] {
  return [
    { type: 'thinking', text: `Thinking: ${text}`, signature },
    ...(cities.length > 0 ? [{ type: 'redacted_thinking', data } as const] : []),
    { type: 'text', text },
    ...cities.map((city) => ({ type: 'tool_use', name: 'weather', arguments: { city } }) as const),
  ]
}

/** The seats take turns: two calls, one more call, an answer; and an answer to what the user says then. */
export async function converse(first: Seat, second: Seat, mode: Mode): Promise<readonly Step[]> {
  const turns: readonly (readonly [Seat, readonly string[]])[] = [[first, ['Oslo', 'Zürich']], [second, ['Bern']], [first, []], [second, []]]
  let said: Step['said']
  const sim = simulator({ chunk: 5, answers: () => ({ content: script(said) }) })
  const history: Message[] = [question]
  const steps: Step[] = []
  for (const [i, [seat, cities]] of turns.entries()) {
    said = { text: `Turn ${i} of ${seat.name}.`, cities, signature: btoa(`signature ${i} of ${seat.name}`), data: btoa(`hidden ${i} of ${seat.name}`) }
    if (i === 3) history.push({ role: 'user', content: 'Thank you. And tomorrow?' })
    let raw = Promise.resolve('')
    let again: Step['again'] = async () => 0
    const fetch: typeof sim.fetch = async (input, init = {}) => {
      const answer = await sim.fetch(input, init)
      raw = answer.clone().text()
      again = async (change) => (await sim.fetch(input, { ...init, body: change(String(init.body)) })).status
      return answer
    }
    const hub = new Hub({ models: { m: seat.config }, defaults: { max_retries: 0 } }, { providers: [seat.provider], fetch })
    const request = { messages: [...history], tools, maxTokens: 9999, reasoning: 'low' } as const
    const response = await (mode === 'chat' ? hub.chat('m', request) : hub.stream('m', request).response())
    steps.push({ seat, request: sim.requests[i]!, response, raw: await raw, again, said })
    history.push(response.message)
    if (cities.length === 0) continue
    const content = response.toolCalls.map(({ id, arguments: given }) =>
      ({ type: 'tool_result', toolUseId: id, content: `3 °C in ${String(given?.['city'])}` }) as const
    )
    history.push({ role: 'tool', content })
  }
  return steps
}
