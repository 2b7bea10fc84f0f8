// Leaving at any moment: after every number of steps that an answer takes to begin, with rings that take steps of their own.
import { describe, expect, it, vi } from 'vitest'
import type { Layer, Outcome } from '../../src/types/call.ts'
import { answers, ask, done, frames, json, makeHub, stream, text } from './toy.ts'

/** Counts ends, and holds every reply for a while. */
function holding(hops: number): Layer & { readonly ends: (Outcome['status'] | 'refused')[] } {
  const ends: (Outcome['status'] | 'refused')[] = []
  return {
    stage: 'audit',
    ends,
    wrap: (next) => async (call) => {
      try {
        const reply = await next(call)
        reply.settle.push(({ status }) => void ends.push(status))
        await passed(hops)
        return reply
      } catch (error) {
        ends.push('refused')
        throw error
      }
    },
  }
}

async function passed(hops: number): Promise<void> {
  for (let n = 0; n < hops; n++) await Promise.resolve()
}

/** More than an answer takes to begin. */
const STEPS = Array.from({ length: 90 }, (_, n) => n)

it('who aborts between two steps and never asks again has left: the call ends then, once', async () => {
  for (const again of ['never', 'next', 'return'] as const) {
    const [cancelled, ring, control] = [vi.fn(), holding(0), new AbortController()]
    const hub = makeHub(answers(() => stream(frames([text('some words')]), 'hang', cancelled)), { layers: [ring] })
    const answer = hub.stream('one', { ...ask, signal: control.signal })
    const iterator = answer[Symbol.asyncIterator]()
    await iterator.next()
    const reason = new Error('enough')
    control.abort(reason)
    expect(ring.ends).toEqual(['cancelled'])
    await expect(answer.response()).rejects.toBe(reason)
    if (again === 'next') {
      expect(await iterator.next()).toMatchObject({ value: { text: 'some words' } })
      await expect(iterator.next()).rejects.toBe(reason)
      expect(await iterator.next()).toEqual({ done: true, value: undefined })
    }
    if (again === 'return') expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
    expect(ring.ends).toEqual(['cancelled'])
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalled())
  }
})

describe.each([0, 1, 7])('a reader that leaves, where a ring takes %i steps', (hops) => {
  it('ends the call exactly once and closes the connection, whenever that is', async () => {
    const seen = new Set<string>()
    for (const step of STEPS) {
      const [cancelled, ring] = [vi.fn(), holding(hops)]
      const hub = makeHub(answers(() => stream(frames([text('some words')]), 'hang', cancelled)), { layers: [ring] })
      const iterator = hub.stream('one', ask)[Symbol.asyncIterator]()
      const first = iterator.next()
      await passed(step)
      expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
      const event = await first
      // What comes after it left is nothing, and no error.
      expect([undefined, 'start']).toContain(event.value?.type)
      expect(await iterator.next()).toEqual({ done: true, value: undefined })
      await passed(100)
      await new Promise((resolve) => setTimeout(resolve))
      expect(ring.ends, `after ${step} steps`).toHaveLength(1)
      expect(['cancelled', 'refused']).toContain(ring.ends[0])
      if (ring.ends[0] === 'cancelled') expect(cancelled).toHaveBeenCalledOnce()
      seen.add(`${ring.ends[0]} ${event.value?.type}`)
    }
    expect(seen).toContain('refused undefined')
    expect(seen).toContain('cancelled start')
    // The ring had it, the reader did not.
    if (hops) expect(seen).toContain('cancelled undefined')
  })
})

describe('an observer that throws', () => {
  it('is heard, and keeps no other from being told', async () => {
    const wrong = new Error('the disk is full')
    const told: Outcome['status'][] = []
    const ring = (stage: 'trace' | 'audit', settle: (outcome: Outcome) => void): Layer => ({
      stage,
      wrap: (next) => async (call) => {
        const reply = await next(call)
        reply.settle.push(settle)
        return reply
      },
    })
    const layers = [
      ring('trace', () => {
        throw wrong
      }),
      ring('audit', ({ status }) => void told.push(status)),
    ]
    const hub = makeHub(answers(() => json([text('hello'), done])), { layers })
    await expect(hub.chat('one', ask)).rejects.toBe(wrong)
    await expect(hub.stream('one', ask).response()).rejects.toBe(wrong)
    expect(told).toEqual(['ok', 'ok'])
  })
})
