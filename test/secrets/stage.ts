// A world for credentials: a clock that is turned by hand, variables, files, and services that answer as they are told.
import { expect } from 'vitest'
import type { World } from '../../src/secrets/world.ts'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

export interface Setup {
  readonly env?: { readonly [name: string]: unknown }
  readonly files?: { readonly [path: string]: string }
  /** By method and the beginning of the URL, the first that fits: a body, a Response, or a function that makes one. */
  readonly answers?: { readonly [start: string]: unknown }
}

export interface Stage {
  readonly world: World
  readonly asked: Asked[]
  now: number
}

export const START = Date.UTC(2026, 10, 22, 12)

export function stage({ env = {}, files, answers = {} }: Setup): Stage {
  const asked: Asked[] = []
  const self: Stage = {
    asked,
    now: START,
    world: {
      env: (name) => env[name],
      now: () => self.now,
      fetch: async (input, init) => {
        const { method = 'GET', headers = {}, body = '', redirect } = init ?? {}
        expect(redirect).toBe('manual')
        expect(typeof body).toBe('string')
        const one: Asked = { method, url: String(input), headers: headers as Asked['headers'], body: body as string }
        asked.push(one)
        const [, found] = Object.entries(answers).find(([start]) => `${method} ${one.url}`.startsWith(start)) ?? []
        const said: unknown = await (typeof found === 'function' ? (found as (one: Asked) => unknown)(one) : found)
        if (said === undefined) throw new TypeError(`fetch failed: ${one.url}`)
        return said instanceof Response ? said : new Response(typeof said === 'string' ? said : JSON.stringify(said))
      },
      ...(files && {
        readFile: async (path) => {
          const text = files[path]
          if (text === undefined) throw new Error(`ENOENT ${path}`)
          return text
        },
      }),
    },
  }
  return self
}

/** What an error says, in every way in which it may be looked at. */
export async function wordsOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason)
  if (!(error instanceof Error)) return ''
  const { message, stack = '', cause } = error
  return `${message}\n${stack}\n${JSON.stringify(error)}\n${String(cause)}\n${cause instanceof Error ? (cause.stack ?? '') : ''}`
}
