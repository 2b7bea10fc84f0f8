// The menu: every way in which a server can answer, and the failures that each way explains.
import type { ErrorCode } from '../../src/errors.ts'
import type { Answer, RetryHint } from '../../src/testing/script.ts'
import { dice, type Dice } from './dice.ts'
import type { Clocks } from './models.ts'

/** What becomes of a body on its way out, beyond what the simulator does to it. */
export type Spoil = 'duplicate' | 'stay_open' | 'trailing' | 'none'

/** What one request is answered with. */
export interface RequestPlan {
  readonly fault: string
  readonly detail: string
  /** All that the answer would say. */
  readonly text: string
  /** The arguments of the tool that it would call. */
  readonly args?: { readonly from: string; readonly words: readonly string[] }
  readonly answer: Answer
  readonly spoil: Spoil
  /** The frame that comes twice. */
  readonly frame: number
  /** True where the client can have the whole answer. */
  readonly whole: boolean
  /** The errors that it may lead to. */
  readonly explains: readonly ErrorCode[]
  /** Characters in each event; undefined cuts at words. */
  readonly chunk: number | undefined
}

interface Dish {
  readonly name: string
  readonly weight: number
  readonly serve: (scene: Scene) => Partial<RequestPlan>
}

interface Scene extends Dice {
  readonly clocks: Clocks
  readonly streams: boolean
  /** Frames that there may be, roughly. */
  readonly frames: number
}

export interface Asking {
  readonly seed: number
  readonly call: number
  readonly alias: string
  readonly n: number
  readonly streams: boolean
  readonly tools: boolean
  readonly clocks: Clocks
}

/** What calls with tools may call. */
export const TOOL = 'keep'

/** The same for the same seed, call, model and turn, whatever else is going on. */
export function planOf({ seed, call, alias, n, streams, tools, clocks }: Asking): RequestPlan {
  const throws = dice(seed, call, alias, n)
  const { between, chance, draw } = throws
  const words = between(1, 24)
  const text = Array.from({ length: words }, (_, i) => `${call}~${alias}~${n}~${i}${chance(0.1) ? '🌦é' : ''}`).join(' ')
  const args = tools ? { from: `${call}~${alias}~${n}`, words: text.split(' ') } : undefined
  const usage = { inputTokens: between(1, 3000), outputTokens: between(1, 900) }
  const chunk = chance(0.5) ? undefined : between(1, 40)
  const dish = draw(chance(0.6) ? harmless() : harmful())
  const scene: Scene = { ...throws, clocks, streams, frames: words * (tools ? 2 : 1) + 6 }
  const { answer, ...more } = dish.serve(scene)
  return {
    fault: dish.name, detail: '', text, spoil: 'none', frame: 0, whole: true, explains: [], chunk,
    ...(args && { args }),
    ...more,
    answer: { text, usage, ...(args && { toolCalls: [{ name: TOOL, arguments: args }] }), ...answer },
  }
}

/** The names of all dishes, so that a run can say which of them it never served. */
export function menu(): readonly string[] {
  return [...harmless(), ...harmful()].map(({ name }) => name)
}

/** None of these may cost the client anything. */
function harmless(): readonly Dish[] {
  const form = (type: 'crlf' | 'cr' | 'no_space'): Dish => ({ name: type, weight: 1, serve: () => ({ answer: { fault: { type } } }) })
  return [
    { name: 'healthy', weight: 12, serve: () => ({}) },
    { name: 'slow', weight: 2, serve: ({ between, clocks }) => ({ answer: { fault: { type: 'slow', ms: between(1, clocks.idle / 75) } } }) },
    { name: 'slow_headers', weight: 2, serve: ({ between, clocks }) => ({ answer: { delayMs: between(1, clocks.idle / 3) } }) },
    {
      name: 'split',
      weight: 2,
      serve: ({ between }) => ({ detail: 'in small pieces', answer: { fault: { type: 'split', bytes: between(3, 40) } } }),
    },
    form('crlf'),
    form('cr'),
    form('no_space'),
    { name: 'stay_open', weight: 2, serve: ({ streams }) => ({ whole: streams, spoil: 'stay_open' as const, explains: ['timeout_attempt'] as const }) },
    { name: 'duplicate', weight: 3, serve: ({ between, frames, streams }) => (streams ? { spoil: 'duplicate' as const, frame: between(0, frames), chunk: undefined } : {}) },
    // Where a binary stream ends with its body, bytes behind the answer are part of it, and corrupt.
    { name: 'trailing', weight: 1, serve: ({ streams }) => (streams ? { spoil: 'trailing' as const, explains: ['invalid_response'] as const } : {}) },
  ]
}

/** What each status may come to. */
export const STATUSES: { readonly [status: number]: readonly ErrorCode[] } = {
  400: ['invalid_request'],
  401: ['authentication'],
  402: ['quota'],
  403: ['permission', 'context_window'],
  404: ['not_found'],
  408: ['server_error', 'overloaded'],
  409: ['server_error', 'overloaded'],
  413: ['request_too_large'],
  422: ['invalid_request'],
  425: ['server_error', 'overloaded'],
  429: ['rate_limit', 'quota'],
  500: ['server_error'],
  502: ['server_error'],
  503: ['server_error', 'overloaded'],
  504: ['server_error', 'overloaded'],
  529: ['server_error', 'overloaded'],
}
const STORM = [408, 409, 425, 429, 429, 500, 502, 503, 504, 529]
/** What passes, although its number begins like that of a mistake. */
export const UNNAMED: readonly number[] = [408, 409, 425]
const FINAL = [400, 401, 402, 403, 404, 413, 422]

/** Numbers that ask for more patience than there is are kept short by `retry_max_backoff`. */
function hint({ pick }: Dice): RetryHint | undefined {
  return pick([
    undefined, undefined, { ms: 5 }, { seconds: 0 }, { seconds: 30 }, { date: new Date(Date.now() + 2000) }, { reset: '12ms' },
    { resetAt: new Date(Date.now() + 500) }, { shouldRetry: true }, { shouldRetry: false }, { delay: '0.02s' },
  ])
}

function status(from: readonly number[], scene: Scene): Partial<RequestPlan> {
  const said = scene.pick(from)
  const retry = hint(scene)
  const body = scene.pick([undefined, undefined, undefined, '', '<html><body>upstream</body></html>', '{"error":', { detail: 'no' }])
  return {
    whole: false,
    explains: STATUSES[said] ?? [],
    detail: `${said} ${JSON.stringify(retry) ?? ''}${body === undefined ? '' : ` body ${JSON.stringify(body)}`}`,
    // Whatever else a body says, it must not contradict the status.
    answer: { error: { status: said, ...(UNNAMED.includes(said) && { cause: 'server_error' }), ...(retry && { retry }), ...(body !== undefined && { body }) } },
  }
}

const CAUSES: { readonly [cause: string]: readonly ErrorCode[] } = {
  overloaded: ['overloaded', 'server_error'],
  rate_limit: ['rate_limit'],
  server_error: ['server_error'],
}

function harmful(): readonly Dish[] {
  const place = ({ between, frames }: Scene): { readonly event: number } => ({ event: between(0, frames) })
  const broken = (type: 'cut' | 'end' | 'stall', explains: readonly ErrorCode[]): Dish['serve'] => (scene) => {
    const where = scene.streams ? place(scene) : { at: scene.between(0, 120) }
    return { whole: false, explains, detail: JSON.stringify(where), answer: { fault: { type, ...where } } }
  }
  return [
    { name: 'reset', weight: 2, serve: () => ({ whole: false, explains: ['network'], answer: { fault: { type: 'refuse' } } }) },
    { name: 'hang', weight: 0.5, serve: () => ({ whole: false, answer: { fault: { type: 'hang' } } }) },
    { name: 'late_headers', weight: 0.5, serve: ({ between, clocks: { begin } }) => ({ detail: 'later than the clock allows', answer: { delayMs: between(begin, 2 * begin) } }) },
    { name: 'storm', weight: 8, serve: (scene) => status(STORM, scene) },
    { name: 'final', weight: 1, serve: (scene) => status(FINAL, scene) },
    { name: 'cut', weight: 4, serve: broken('cut', ['network', 'stream_truncated']) },
    { name: 'end', weight: 3, serve: broken('end', ['stream_truncated', 'invalid_response']) },
    { name: 'stall', weight: 2, serve: broken('stall', []) },
    {
      name: 'garbage',
      weight: 2,
      serve: (scene) => (scene.streams ? { whole: false, explains: ['invalid_response'], answer: { fault: { type: 'garbage', ...place(scene) } } } : {}),
    },
    {
      name: 'error_event',
      weight: 3,
      serve(scene) {
        if (!scene.streams) return {}
        const cause = scene.pick(Object.keys(CAUSES))
        const where = place(scene)
        // Some tell it in a word only.
        return { whole: false, explains: [...CAUSES[cause]!, 'server_error'], detail: `${cause} ${JSON.stringify(where)}`, answer: { fault: { type: 'error_event', cause, ...where } } }
      },
    },
    {
      name: 'json_error_200',
      weight: 1,
      serve({ pick }) {
        const cause = pick(Object.keys(CAUSES))
        return { whole: false, explains: [...CAUSES[cause]!, 'invalid_response'], detail: cause, answer: { fault: { type: 'json_error_200', cause } } }
      },
    },
    {
      name: 'bad_crc',
      weight: 1,
      serve: (scene) => (scene.streams ? { whole: false, explains: ['network', 'invalid_response', 'stream_truncated', 'server_error'], answer: { fault: { type: 'bad_crc', ...place(scene) } } } : {}),
    },
  ]
}
