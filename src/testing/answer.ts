// An answer as the script has it, worked out: what is missing is echoed, counted or made up.
import type { FinishReason, Usage } from '../types/response.ts'
import type { Endpoint, Mint, Question, Reply, ReplyBlock } from './endpoint.ts'
import { sample } from './sample.ts'
import type { Answer, AnswerBlock } from './script.ts'

// Any moment would do, as long as it is always the same: 2026-09-21.
const CREATED = 1_790_000_000

export interface Asked {
  readonly question: Question
  readonly endpoint: Endpoint
  readonly mint: Mint
}

/** What a wire is to say. */
export function work(answer: Answer, { question, endpoint, mint }: Asked): Reply {
  const said = answer.content ?? spoken(answer)
  const scripted = said.length > 0 || answer.content !== undefined || answer.text !== undefined
  const echoed = scripted ? { blocks: said, short: false } : echo(question)
  const blocks = echoed.blocks.map((block) => filled(block, endpoint, mint))
  return {
    id: endpoint.ids.answer(),
    model: answer.model ?? question.model,
    blocks,
    usage: usageOf(answer.usage, question, blocks),
    finishReason: answer.finishReason ?? (echoed.short ? 'length' : isFiltered(answer) ? 'content_filter' : finishOf(blocks)),
    rawFinishReason: answer.rawFinishReason,
    filter: answer.filter ?? {},
    embeddings: answer.embeddings,
    scores: answer.scores,
    created: CREATED,
  }
}

/** The short forms, in the order in which models say things. */
function spoken(answer: Answer): AnswerBlock[] {
  const blocks: AnswerBlock[] = []
  if (answer.thinking) blocks.push({ type: 'thinking', text: answer.thinking })
  if (answer.text) blocks.push({ type: 'text', text: answer.text })
  if (answer.refusal) blocks.push({ type: 'refusal', text: answer.refusal })
  for (const call of answer.toolCalls ?? []) blocks.push({ type: 'tool_use', ...call })
  return blocks
}

/** The user's last words; or a tool's call, or JSON, where the request leaves the model no choice. */
function echo(question: Question): { readonly blocks: AnswerBlock[]; readonly short: boolean } {
  const blocks: AnswerBlock[] = []
  if (question.thinking) blocks.push({ type: 'thinking', text: `The user says: ${question.text}` })
  const { toolChoice, tools } = question
  if (toolChoice !== 'auto' && toolChoice !== 'none') {
    const tool = toolChoice === 'required' ? tools[0] : tools.find(({ name }) => name === toolChoice.name)
    if (tool !== undefined) {
      const value = sample(tool.schema ?? {}, question.text)
      blocks.push({ type: 'tool_use', name: tool.name, arguments: JSON.stringify(value ?? {}) })
      return { blocks, short: false }
    }
  }
  const { format } = question
  const text = format === undefined
    ? question.text
    : JSON.stringify(format === true ? { text: question.text } : sample(format, question.text))
  const most = (question.maxTokens ?? Infinity) * 4
  const characters = [...text]
  const short = characters.length > most
  if (text !== '') blocks.push({ type: 'text', text: short ? characters.slice(0, most).join('') : text })
  return { blocks, short }
}

function filled(block: AnswerBlock, endpoint: Endpoint, mint: Mint): ReplyBlock {
  switch (block.type) {
    case 'tool_use': {
      const { name, arguments: given = {}, id = endpoint.ids.call(name) } = block
      return { type: 'tool_use', id, name, json: typeof given === 'string' ? given : JSON.stringify(given) }
    }
    case 'thinking': {
      const signature = block.signature ?? (endpoint.ids.seal ?? mint.sign)(block.text)
      return { type: 'thinking', text: block.text, signature }
    }
    case 'redacted_thinking':
      return { type: 'redacted_thinking', data: block.data ?? mint.id('Eq', 86) }
    default:
      return block
  }
}

function isFiltered({ filter: { completion = {} } = {} }: Answer): boolean {
  return Object.values(completion).some(({ filtered }) => filtered)
}

function finishOf(blocks: readonly ReplyBlock[]): FinishReason {
  if (blocks.some((block) => block.type === 'tool_use')) return 'tool_calls'
  return blocks.some((block) => block.type === 'refusal') ? 'content_filter' : 'stop'
}

/** A token is four characters here: wrong, and the same everywhere. */
function usageOf(given: Partial<Usage> = {}, question: Question, blocks: readonly ReplyBlock[]): Usage {
  const asked = question.turns.map(({ text, thinking = '', toolCalls = [], toolResults = [] }) => [
    text,
    thinking,
    ...toolCalls.map((call) => `${call.name}${JSON.stringify(call.arguments)}`),
    ...toolResults.map((result) => result.text),
  ].join(''))
  const tools = question.tools.map((tool) => `${tool.name}${JSON.stringify(tool.schema ?? {})}`)
  const thought = blocks.map((block) => block.type === 'thinking' ? block.text : '').join('')
  const said = blocks.map((block) =>
    block.type === 'tool_use' ? block.name + block.json : block.type === 'text' || block.type === 'refusal' ? block.text : ''
  ).join('')
  const reasoningTokens = given.reasoningTokens ?? tokens(thought)
  const inputTokens = given.inputTokens ?? Math.max(1, tokens([...asked, ...tools].join('')))
  const outputTokens = given.outputTokens ?? tokens(said) + reasoningTokens
  return {
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    ...given,
    inputTokens,
    outputTokens,
    reasoningTokens,
    totalTokens: given.totalTokens ?? inputTokens + outputTokens,
  }
}

function tokens(text: string): number {
  return Math.ceil(text.length / 4)
}
