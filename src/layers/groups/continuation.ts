// Streams that break off: the next member is shown what was said and goes on from there, in the same answer.
import { conclude } from '../../core/outcome.ts'
import { plusCost, plusUsage } from '../../core/sum.ts'
import { REMEDY, RelayError } from '../../errors.ts'
import type { Outcome, Reply } from '../../types/call.ts'
import type { Delta } from '../../types/event.ts'
import type { Citation, ContentBlock, TextBlock } from '../../types/message.ts'
import type { ChatRequest } from '../../types/request.ts'
import type { ChatResponse, Usage } from '../../types/response.ts'
import type { GroupFeature, Line } from './feature.ts'

/** For groups with `on_interrupt: continue`. */
export const continuation: GroupFeature = {
  name: 'continuation',
  start: () => ({
    async open(line, open) {
      const reply = await open(line.call)
      return reply && line.call.mode === 'stream' ? joined(reply, line) : reply
    },
  }),
}

/** What was said before the part that is being read. */
interface Said {
  /** Finished by all rings further in. */
  readonly response: ChatResponse
  /** The block that the text goes on in, if it can, and the first number that is free. */
  readonly block: number | undefined
  readonly free: number
  /** The next member's block that goes on in `block`. */
  onward?: number
  /** Space at its end that the next member was not shown, and may say again. */
  space: string
  /** So much of what the next member says was that. */
  cut: number
}

/** One answer out of as many replies as it takes. */
interface Joint {
  /** The reply that is being read. */
  current: Reply
  said?: Said
  /** What the rings further in made of it, once it has ended. */
  part?: ChatResponse | undefined
  /** Whether it broke off, and was settled then. */
  broken: boolean
  /** Nobody reads any more. */
  over: boolean
  readonly queue: Delta[]
  /** The last block of text, and the last of all. */
  text: number
  last: number
}

function joined(first: Reply, line: Line): Reply {
  const joint: Joint = { current: first, broken: false, over: false, queue: [], text: -1, last: -1 }
  take(joint)
  return {
    target: first.target,
    queue: joint.queue,
    response: () => responseOf(joint),
    async pull() {
      for (let going = true; going;) {
        try {
          going = await joint.current.pull()
        } catch (error) {
          await goOn(joint, line, error)
        }
        take(joint)
        if (joint.queue.length) return true
      }
      return false
    },
    cancel: (reason) => joint.current.cancel(reason),
    finish: [
      () => {
        const { current } = joint
        joint.part ??= current.finish.reduce((it, finish) => finish(it), current.response())
        return responseOf(joint)
      },
    ],
    settle: [
      (outcome) => {
        const { current, part = current.response() } = joint
        joint.over = true
        if (!joint.broken) tell(current, { ...outcome, response: part })
      },
    ],
  }
}

/** Whoever fails at it keeps nobody from being told. */
function tell({ settle }: Reply, outcome: Outcome): void {
  let failed: { readonly cause: unknown } | undefined
  for (const one of settle) {
    try {
      one(outcome)
    } catch (cause) {
      failed ??= { cause }
    }
  }
  if (failed) throw failed.cause
}

function responseOf({ current, said, part = current.response() }: Joint): ChatResponse {
  return said ? join(said, part) : part
}

/** Hands over what the current reply has decoded. */
function take(joint: Joint): void {
  for (const delta of joint.current.queue.splice(0)) {
    const it = joint.said ? placed(delta, joint.said) : delta
    if (!it) continue
    joint.queue.push(it)
    if ('block' in it) joint.last = Math.max(joint.last, it.block)
    if (it.type === 'text_delta') joint.text = it.block
  }
}

/** Asks the next member to go on, or throws what the current one broke off with. */
async function goOn(joint: Joint, line: Line, error: unknown): Promise<void> {
  const { current, text: block, last } = joint
  if (!mayGoOn(error, line) || !current.response().content.every(({ type }) => /^(text|(redacted_)?thinking)$/.test(type))) throw error
  joint.broken = true
  joint.part = conclude(current, 'error', error)
  const response = responseOf(joint)
  const request = continued(line.call.request, response)
  const next = await line.ask({ ...line.call, request, kind: 'continue' }, 'onward').catch(() => undefined)
  if (!next) throw error
  if (joint.over) {
    next.cancel(error)
    conclude(next, 'cancelled')
    throw error
  }
  const space = response.text.slice(response.text.trimEnd().length)
  joint.said = { response, block: block === last && block >= 0 ? block : undefined, free: last + 1, space, cut: 0 }
  joint.current = next
  joint.part = undefined
  joint.broken = false
}

function mayGoOn(error: unknown, { call, left }: Line): error is RelayError {
  const { budget, runtime, signal } = call
  return (
    error instanceof RelayError && REMEDY[error.code] !== 'fail' && !signal?.aborted && budget.left > 0 && runtime.now() < budget.deadline && left() > 0
  )
}

/** The request with what was said as the assistant's last words. */
function continued(request: ChatRequest, { text, usage }: ChatResponse): ChatRequest {
  // Some providers refuse words that end with space.
  const shown = text.trimEnd()
  const last = request.messages.at(-1)
  const mine = last?.role === 'assistant' ? last : undefined
  const content = typeof mine?.content === 'object' ? [...mine.content, { type: 'text' as const, text: shown }] : `${mine?.content ?? ''}${shown}`
  const messages = [...request.messages.slice(0, mine ? -1 : undefined), { role: 'assistant' as const, content }]
  return {
    ...request,
    ...(shown ? { messages } : undefined),
    ...(request.maxTokens === undefined ? undefined : { maxTokens: Math.max(1, request.maxTokens - usage.outputTokens) }),
  }
}

/** A delta of the next member in its place in the answer, or undefined where nothing is left of it. */
function placed(delta: Delta, said: Said): Delta | undefined {
  if (delta.type === 'usage') return { ...delta, usage: plusUsage(said.response.usage, { ...NOTHING, ...delta.usage }) }
  if (!('block' in delta)) return delta
  const { block } = delta
  if (delta.type === 'text_delta') said.onward ??= block
  const place = block === said.onward && said.block !== undefined ? said.block : block + said.free
  if (delta.type !== 'text_delta' || block !== said.onward) return { ...delta, block: place }
  const text = unrepeated(delta.text, said)
  return text === '' ? undefined : { ...delta, block: place, text }
}

function unrepeated(text: string, said: Said): string {
  let n = 0
  while (n < text.length && text[n] === said.space[n]) n++
  said.space = n === text.length ? said.space.slice(n) : ''
  said.cut += n
  return text.slice(n)
}

const NOTHING: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 }

function join({ response: a, block, cut }: Said, b: ChatResponse): ChatResponse {
  const content: ContentBlock[] = [...a.content]
  let onward = true
  for (const it of b.content) {
    const text: TextBlock | undefined = onward && it.type === 'text' ? { ...it, text: it.text.slice(cut) } : undefined
    const last = a.content.at(-1)
    if (!text) content.push(it)
    else if (block === undefined || last?.type !== 'text') content.push(text)
    else content[a.content.length - 1] = { ...last, text: last.text + text.text, ...cited(last, text) }
    onward &&= !text
  }
  const all = (type: 'text' | 'thinking'): string => content.reduce((sum, it) => (it.type === type ? sum + it.text : sum), '')
  const cost = plusCost(a.cost, b.cost)
  const { id, model, provider, providerModel, createdAt } = a
  return {
    ...b,
    ...{ id, model, provider, providerModel, createdAt, content, cost },
    message: { role: 'assistant', content },
    text: all('text'),
    thinking: all('thinking'),
    usage: plusUsage(a.usage, b.usage),
    costUsd: cost.totalUsd,
    metadata: { ...a.metadata, ...b.metadata },
    ...(a.raw === undefined ? undefined : { raw: [a.raw, b.raw].flat() }),
  }
}

function cited(...blocks: readonly TextBlock[]): { readonly citations?: readonly Citation[] } {
  const citations = blocks.flatMap((block) => block.citations ?? [])
  return citations.length ? { citations } : {}
}
