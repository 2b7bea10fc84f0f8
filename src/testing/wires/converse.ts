// The Converse API: blocks that are told apart by their key, and streams of binary frames.
import { entriesOf } from '../catalogue.ts'
import type { Endpoint, Frame, HttpCall, JsonObject, Mint, Reply, ReplyBlock, SimulatedWire } from '../endpoint.ts'
import { object, parsed } from '../read.ts'
import type { Citation } from '../../types/message.ts'
import { awsException, awsFailure, awsHeaders, awsKey, encodeAws, frameType, operationOf, padded } from './aws.ts'
import { awsErrors } from './aws-errors.ts'
import { readConverse } from './converse-read.ts'
import { checkConverse } from './converse-rules.ts'

const WIRE = 'converse'
const DIALECT = 'bedrock'

export const converse: SimulatedWire = {
  name: WIRE,
  dialects: [DIALECT],
  recognise(call, mint, name) {
    const { model, operation } = operationOf(call) ?? {}
    if (model === undefined || (operation !== 'converse' && operation !== 'converse-stream')) return undefined
    return name === undefined || name === DIALECT ? endpoint(call, mint, { model, stream: operation === 'converse-stream' }) : undefined
  },
  catalogue: () => entriesOf({ wire: WIRE, dialect: DIALECT, errors: awsErrors, body: awsFailure }),
}

interface Asked {
  readonly model: string
  readonly stream: boolean
}

function endpoint(call: HttpCall, mint: Mint, { model, stream }: Asked): Endpoint {
  const { body = {} } = call
  const scene: Scene = { model, mint }
  return {
    wire: WIRE,
    dialect: DIALECT,
    errors: awsErrors,
    read: () => readConverse(body, model, stream),
    check: () => checkConverse({ body, model, mint }),
    key: () => awsKey(call),
    ids: { answer: () => mint.id('', 22), call: () => mint.id('tooluse_', 22) },
    whole: (reply) => whole(scene, reply),
    frames: (reply) => frames(scene, reply),
    failure: awsFailure,
    failureFrames: (facts) => [awsException(facts)],
    headers: () => awsHeaders(mint),
    reindex(frame, change) {
      const { contentBlockIndex: index, ...data } = object(frame.data)
      if (typeof index !== 'number') return frame
      const changed = change(index)
      return { ...frame, data: changed === undefined ? data : { contentBlockIndex: changed, ...data } }
    },
    contentType: frameType,
    encode: encodeAws,
  }
}

interface Scene {
  readonly model: string
  readonly mint: Mint
}

function whole(scene: Scene, reply: Reply): JsonObject {
  return {
    metrics: { latencyMs: 812 },
    output: { message: { content: reply.blocks.map((block) => blockOf(block, scene)), role: 'assistant' } },
    stopReason: stop(reply),
    usage: usage(reply),
  }
}

function frames(scene: Scene, reply: Reply): Frame[] {
  const { mint } = scene
  const frames: Frame[] = []
  const push = (event: string, data: JsonObject, more: Pick<Frame, 'content' | 'closing'> = {}): void =>
    void frames.push({ event, data: padded(data, mint), ...more })
  push('messageStart', { role: 'assistant' })
  for (const [contentBlockIndex, block] of reply.blocks.entries()) {
    const { start, deltas } = pieces(blockOf(block, scene), mint)
    // Text and thinking begin with their first delta.
    if (start !== undefined) push('contentBlockStart', { contentBlockIndex, start })
    for (const delta of deltas) push('contentBlockDelta', { contentBlockIndex, delta }, { content: true })
    push('contentBlockStop', { contentBlockIndex })
  }
  push('messageStop', { stopReason: stop(reply) }, { closing: true })
  push('metadata', { metrics: { latencyMs: 812 }, usage: usage(reply) })
  return frames
}

function stop({ rawFinishReason, finishReason }: Reply): string {
  const words: { readonly [reason: string]: string } = {
    stop: 'end_turn',
    length: 'max_tokens',
    tool_calls: 'tool_use',
    content_filter: 'content_filtered',
    error: 'malformed_model_output',
    other: 'pause_turn',
  }
  return rawFinishReason ?? words[finishReason] ?? finishReason
}

/** `inputTokens` leaves out what went through the cache, `totalTokens` does not. */
function usage({ usage }: Reply): JsonObject {
  const { inputTokens, outputTokens, totalTokens, cachedInputTokens: read, cacheWriteTokens: write, cacheWrite1hTokens: hour = 0 } = usage
  const details = [{ ttl: '1h', inputTokens: hour }, { ttl: '5m', inputTokens: write - hour }].filter((one) => one.inputTokens > 0)
  const cache = read + write === 0 ? {} : {
    // Twice, under two names, as it is recorded.
    cacheReadInputTokenCount: read,
    cacheReadInputTokens: read,
    cacheWriteInputTokenCount: write,
    cacheWriteInputTokens: write,
    ...(details.length > 0 ? { cacheDetails: details } : {}),
  }
  return { ...cache, inputTokens: inputTokens - read - write, outputTokens, serverToolUsage: {}, totalTokens }
}

/** A block as a whole answer has it. */
function blockOf(block: ReplyBlock, { model, mint }: Scene): JsonObject {
  switch (block.type) {
    case 'text':
      return block.citations ? { citationsContent: { content: [{ text: block.text }], citations: block.citations.map(citationOf) } } : { text: block.text }
    // There is no block for a refusal: its words are text, and the stop reason tells.
    case 'refusal':
      return { text: block.text }
    case 'thinking': {
      const { text, signature } = block
      if (!model.includes('claude')) return { reasoningContent: { reasoningText: { text } } }
      mint.remember(signature, text)
      return { reasoningContent: { reasoningText: { text, signature } } }
    }
    case 'redacted_thinking':
      mint.remember(block.data, '')
      // Base64 of what is base64 already.
      return { reasoningContent: { redactedContent: btoa(block.data) } }
    case 'tool_use':
      return { toolUse: { input: block.json === '' ? {} : parsed(block.json), name: block.name, toolUseId: block.id, type: 'tool_use' } }
    case 'native':
      return block.data
  }
}

function citationOf({ url, title, citedText, start = 0, end = 0, raw }: Citation): JsonObject {
  if (raw !== undefined) return object(raw)
  return {
    ...(title === undefined ? {} : { title }),
    ...(url === undefined ? {} : { source: url }),
    sourceContent: [{ text: citedText ?? '' }],
    location: url === undefined ? { documentChar: { documentIndex: 0, start, end } } : { web: { url, domain: new URL(url).hostname } },
  }
}

interface Pieces {
  readonly start?: JsonObject
  readonly deltas: readonly JsonObject[]
}

/** What a stream makes of a block. */
function pieces(block: JsonObject, mint: Mint): Pieces {
  const { text, citationsContent, reasoningContent, toolUse, toolResult } = block
  const said = (words: unknown): JsonObject[] => mint.pieces(String(words)).map((piece) => ({ text: piece }))
  if (text !== undefined) return { deltas: said(text) }
  if (citationsContent !== undefined) {
    const { content, citations } = object(citationsContent)
    const cited = (citations as readonly unknown[]).map((citation) => ({ citation }))
    return { deltas: [...(content as readonly JsonObject[]).flatMap((part) => said(part['text'])), ...cited] }
  }
  if (reasoningContent !== undefined) {
    const { reasoningText, redactedContent } = object(reasoningContent)
    const { text: thought, signature } = object(reasoningText)
    const parts = redactedContent === undefined ? [...said(thought), ...(signature === undefined ? [] : [{ signature }])] : [{ redactedContent }]
    return { deltas: parts.map((part) => ({ reasoningContent: part })) }
  }
  if (toolUse !== undefined) {
    const { input, ...start } = object(toolUse)
    const json = typeof input === 'string' ? input : JSON.stringify(input)
    const parts = json === '{}' ? [''] : mint.pieces(json)
    return { start: { toolUse: start }, deltas: parts.map((part) => ({ toolUse: { input: part } })) }
  }
  const { content, ...start } = object(toolResult)
  return { start: { toolResult: start }, deltas: [{ toolResult: content }] }
}
