// Every wire after every other in the middle of a tool loop, held against the providers' own rules of replay.
import { describe, expect, it } from 'vitest'
import { converse } from './conversation.ts'
import type { Sealed, Step } from './conversation.ts'
import { seats } from './seats.ts'
import type { Seat } from './seats.ts'

/** What was sealed, in the forms in which it may stand in a body. */
const forms = ({ signature, data }: Sealed): readonly string[] => [signature, data, btoa(data)]

/** What a request carries of what somebody sealed. */
const carried = ({ request }: Step, sealed: Sealed): readonly string[] => {
  const body = JSON.stringify(request.body)
  return forms(sealed).filter((form) => body.includes(JSON.stringify(form).slice(1, -1)))
}

function akin(one: Seat, other: Seat): boolean {
  return one === other || (one.family !== undefined && one.family === other.family)
}

/** Nothing that was called, answered or said is lost on the way. */
function complete(steps: readonly Step[], i: number): string | undefined {
  const { turns } = steps[i]!.request.neutral
  const called = turns.flatMap((turn) => turn.toolCalls ?? []).map((call) => call.arguments)
  const results = turns.flatMap((turn) => turn.toolResults ?? [])
  const cities = steps.slice(0, i).flatMap(({ said }) => said.cities)
  if (JSON.stringify(called) !== JSON.stringify(cities.map((city) => ({ city })))) return `calls ${JSON.stringify(called)}`
  if (results.map(({ text }) => text).join() !== cities.map((city) => `3 °C in ${city}`).join()) return `results ${JSON.stringify(results)}`
  const text = turns.map((turn) => turn.text).join('\n')
  const lost = steps.slice(0, i).find(({ said, response }) => response.text !== '' && !text.includes(said.text))
  return lost === undefined ? undefined : `lost: ${lost.said.text}`
}

/** What a seat lets out of what it seals, as it goes over the line. */
async function sealsOf(seat: Seat): Promise<readonly string[]> {
  const [step] = await converse(seat, seat, 'chat')
  return forms(step!.said).filter((form) => step!.raw.includes(form))
}

describe.each(['chat', 'stream'] as const)('a conversation that moves, by %s,', (mode) => {
  it.each(seats.map((seat) => [seat.name, seat] as const))('to %s', async (_, target) => {
    const wrong: string[] = []
    for (const source of seats) {
      const steps = await converse(source, target, mode).catch((error: unknown) => String(error))
      if (typeof steps === 'string') {
        wrong.push(`${source.name}: ${steps}`)
        continue
      }
      for (const [i, step] of steps.entries()) {
        const problem = complete(steps, i)
        if (problem !== undefined) wrong.push(`${source.name}, request ${i}: ${problem}`)
        for (const before of steps.slice(0, i)) {
          const leaked = akin(before.seat, step.seat) ? [] : carried(step, before.said)
          if (leaked.length > 0) wrong.push(`${source.name}, request ${i}: another's seals ${leaked.join(', ')}`)
        }
      }
    }
    expect(wrong).toEqual([])
  })
})

describe.each(['chat', 'stream'] as const)('what a model sealed, by %s,', (mode) => {
  it.each(seats.map((seat) => [seat.name, seat] as const))('goes back to %s byte for byte', async (_, seat) => {
    const [first, second, third] = await converse(seat, seat, mode)
    const seals = await sealsOf(seat)
    expect(carried(second!, first!.said)).toEqual(seals)
    expect(carried(third!, first!.said)).toEqual(seals)
    expect(carried(third!, second!.said)).toHaveLength(seals.length)
  })
})

describe('the checker', () => {
  /** Those who seal what they think, and whether they look at it when it comes back. */
  const strict = /\(responses\)$|^anthropic\/|^bedrock\/us\.anthropic|gemini-3|^vertex\/claude/
  const looks = ({ name }: Seat): boolean => strict.test(name)

  it('knows who seals', async () => {
    const sealing: string[] = []
    for (const seat of seats) if ((await sealsOf(seat)).length > 0) sealing.push(seat.name)
    expect(sealing).toEqual(seats.filter((seat) => looks(seat) || /openrouter|nova|mistral\.|gemini/.test(seat.name)).map(({ name }) => name))
  })

  it.each(seats.filter(looks).map((seat) => [seat.name, seat] as const))('of %s refuses a seal that is not as it was', async (_, seat) => {
    for (const seal of await sealsOf(seat)) {
      const [, second] = await converse(seat, seat, 'chat')
      expect(await second!.again((body) => body)).toBe(200)
      expect(await second!.again((body) => body.replace(seal, seal.replace(/^./, (one) => (one === 'A' ? 'B' : 'A'))))).toBe(400)
    }
  })

  it.each(seats.map((seat) => [seat.name, seat] as const))('of %s refuses a call without its result', async (_, seat) => {
    const [, second] = await converse(seat, seat, 'chat')
    expect(await second!.again(withoutLastTurn)).toBeGreaterThanOrEqual(400)
  })
})

/** The conversation as it was before the tools were run. */
function withoutLastTurn(json: string): string {
  const body = JSON.parse(json) as Record<string, unknown>
  for (const field of ['messages', 'contents', 'input']) {
    const turns = body[field]
    if (!Array.isArray(turns)) continue
    const isResult = (turn: unknown): boolean => /"(role":"tool"|tool_result|toolResult|functionResponse|function_call_output)/.test(JSON.stringify(turn))
    body[field] = [...turns.filter((turn) => !isResult(turn)), ...(field === 'contents' ? [{ role: 'user', parts: [{ text: 'Well?' }] }] : [])]
  }
  return JSON.stringify(body)
}
