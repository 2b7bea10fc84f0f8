// How the demo looks on a terminal, and in a file.
import type { Attempt, ChatResponse } from '@relay/core'
import pico from 'picocolors'

const { bold, dim, red, green, cyan } = pico.createColors(process.stdout.isTTY && !process.env['NO_COLOR'])

const BAR = dim('  | ')
let steps = 0

// `| head` has seen enough.
process.stdout.on('error', () => process.exit(0))

function line(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function head(about: string): void {
  line(`${bold('Relay')} ${dim(about)}`)
}

export function step(title: string, call: string): void {
  line(`\n${cyan(String(++steps))} ${bold(title)}  ${dim(call)}`)
}

/** Text as it arrives. */
export async function quote(pieces: AsyncIterable<string> | Iterable<string>): Promise<void> {
  let open = false
  try {
    for await (const piece of pieces) {
      process.stdout.write(open ? piece : BAR + piece)
      open = true
    }
  } finally {
    if (open) line('')
  }
}

export function note(text: string): void {
  line(`  ${text}`)
}

export function bad(text: string): void {
  line(`  ${red(text)}`)
}

/** One line, and the end. */
export function giveUp(text: string): never {
  process.stderr.write(`demo: ${text}\n`)
  process.exit(1)
}

/** What an answer, a list of vectors and a ranking have in common. */
type Answered = Pick<ChatResponse, 'model' | 'provider' | 'providerModel' | 'usage' | 'costUsd' | 'cost' | 'latencyMs'>

/** One line for one call: who was asked, what came back, tokens, cost, time. */
export function row({ model, provider, providerModel, usage, costUsd, cost, latencyMs }: Answered, said: string): void {
  const target = `${provider}/${providerModel}`
  const asked = target.length > 30 ? `${target.slice(0, 29)}…` : target
  const tokens = `${usage.inputTokens} in, ${usage.outputTokens} out`
  line(`  ${model.padEnd(16)}  ${said.padEnd(15)}  ${dim(`${asked.padEnd(30)}  ${tokens.padEnd(11)}  ${priceOf({ costUsd, cost })}  ${Math.round(latencyMs)} ms`)}`)
}

function priceOf({ costUsd, cost }: Pick<Answered, 'costUsd' | 'cost'>): string {
  return costUsd === null ? 'cost unknown' : `$${costUsd.toFixed(7)} (${cost.source})`
}

export function answerLine(response: ChatResponse, what = `answered in ${Math.round(response.latencyMs)} ms`): void {
  const { model, provider, providerModel, usage, costUsd, cost } = response
  const tokens = `${usage.inputTokens} tokens in, ${usage.outputTokens} out${usage.estimated ? ' (estimated)' : ''}`
  line(dim(`  ${model} = ${provider}/${providerModel} · ${tokens} · ${priceOf({ costUsd, cost })} · ${what}`))
}

/** Every request that the call made. */
export function attemptLines(attempts: readonly Attempt[]): void {
  const width = (pick: (attempt: Attempt) => string): number => Math.max(...attempts.map((attempt) => pick(attempt).length))
  const [alias, provider, kind] = [width((a) => a.alias), width((a) => a.provider), width((a) => a.kind)]
  for (const attempt of attempts) {
    const outcome = attempt.ok ? green('ok') : red(attempt.cause ?? 'failed')
    line(`  ${attempt.kind.padEnd(kind)}  ${attempt.alias.padEnd(alias)}  ${attempt.provider.padEnd(provider)}  ${outcome}`)
  }
}
