// `relay chat`: one question, its answer as it arrives, and what it took.
import type { ChatStream } from '../core/chat-stream.ts'
import type { Hub } from '../hub.ts'
import type { Message } from '../types/message.ts'
import type { ChatRequest } from '../types/request.ts'
import type { ChatResponse } from '../types/response.ts'
import { hubOf } from './catalogue.ts'
import { CONFIG_OPTION, valueOf, type Command, type Given } from './command.ts'
import { INTERRUPTED, OK, UsageError } from './exit.ts'
import type { Io, Write } from './io.ts'
import { paint } from './paint.ts'
import { attemptsLine, summaryLine } from './report.ts'

export const chat: Command = {
  name: 'chat',
  takes: '<alias> [...prompt]',
  summary: 'Ask a model or a group; a prompt that is left out, or `-`, is read from stdin',
  options: [
    CONFIG_OPTION,
    ['-s, --system <text>', 'System prompt'],
    ['--max-tokens <count>', 'The most tokens to answer with'],
    ['--no-stream', 'Print the answer when it is whole'],
    ['--json', 'Print the whole response as JSON, or the failure'],
  ],
  examples: [
    ['chat fast "Why is the sky blue?"', 'streams the answer; tokens, cost and time go to stderr'],
    ['chat fast -s "Answer in French" < letter.txt', 'the prompt comes from a file'],
    ['chat fast -c models.yaml -c prod.yaml --json hello', 'two catalogues, the response as JSON'],
  ],
  run: ask,
}

async function ask(given: Given, io: Io): Promise<number> {
  const [alias = '', ...words] = given.words
  // Before the prompt is waited for: what is wrong with the catalogue is said at once.
  const hub = await hubOf(alias, given, io)
  hub.get(alias)
  const request = await requestOf(given, words, io)
  const asked: Asked = { request, io, json: given.options['json'] === true }
  return given.options['stream'] === false ? whole(hub, alias, asked) : streamed(hub, alias, asked)
}

async function requestOf(given: Given, words: readonly string[], io: Io): Promise<ChatRequest> {
  const system = valueOf(given, 'system')
  const most = valueOf(given, 'maxTokens')
  if (most !== undefined && !/^[1-9]\d*$/.test(most)) throw new UsageError('--max-tokens takes a whole number above 0')
  const piped = words.length ? words.length === 1 && words[0] === '-' : !io.terminal.stdin
  const prompt = piped ? (await io.stdin()).trim() : words.join(' ')
  if (!prompt) throw new UsageError('there is no prompt: write it behind the alias, or pipe it in')
  const messages: Message[] = [{ role: 'user', content: prompt }]
  if (system !== undefined) messages.unshift({ role: 'system', content: system })
  return { messages, ...(most === undefined ? undefined : { maxTokens: Number(most) }) }
}

interface Asked {
  readonly request: ChatRequest
  readonly io: Io
  readonly json: boolean
}

async function whole(hub: Hub, alias: string, { request, io, json }: Asked): Promise<number> {
  const response = await hub.chat(alias, { ...request, signal: io.interrupted() })
  if (!json) await io.stdout(`${response.text}\n`)
  return finish(response, { io, json, interrupted: false })
}

async function streamed(hub: Hub, alias: string, { request, io, json }: Asked): Promise<number> {
  const signal = io.interrupted()
  const stream = hub.stream(alias, request)
  await follow(stream, signal, json ? async () => undefined : io.stdout)
  return finish(await stream.response(), { io, json, interrupted: signal.aborted })
}

/** Writes the text as it comes. Ctrl-C walks away, as `break` does: then the response says what had arrived. */
async function follow(stream: ChatStream, signal: AbortSignal, write: Write): Promise<void> {
  const events = stream[Symbol.asyncIterator]()
  const leave = (): void => void events.return?.()
  signal.addEventListener('abort', leave, { once: true })
  let last = '\n'
  try {
    for (let step = await events.next(); !step.done; step = await events.next()) {
      if (step.value.type === 'text_delta') await write((last = step.value.text))
    }
  } finally {
    // Numbers, and errors, begin on a line of their own.
    if (!last.endsWith('\n')) await write('\n')
  }
}

interface Ended {
  readonly io: Io
  readonly json: boolean
  readonly interrupted: boolean
}

async function finish(response: ChatResponse, { io, json, interrupted }: Ended): Promise<number> {
  if (json) await io.stdout(`${JSON.stringify(response, undefined, 2)}\n`)
  if (!json || interrupted) await io.stderr(report(response, interrupted, io))
  return interrupted ? INTERRUPTED : OK
}

function report(response: ChatResponse, interrupted: boolean, io: Io): string {
  const color = paint(io, 'stderr')
  const { attempts, toolCalls } = response
  const lines = [summaryLine(response, color)]
  if (attempts.length > 1) lines.push(attemptsLine(attempts, color))
  for (const { name } of toolCalls) lines.push(color.dim(`the model asks for the tool ${name}`))
  if (interrupted) lines.unshift(color.yellow('interrupted'))
  return `${lines.join('\n')}\n`
}
