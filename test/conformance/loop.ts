// Goes through a recorded tool loop: the answer is put back into the history, and the second request must echo it all.
import { isDeepStrictEqual } from 'node:util'
import type { ContentBlock, Message } from '../../src/types/message.ts'
import type { Tool } from '../../src/types/tool.ts'
import type { Provider } from '../../src/types/provider.ts'
import { bodyOf, decodeStream, decodeWhole, encodingFor, isStream, shown, strings, type Finding } from './exchange.ts'
import type { Protocol } from './protocol.ts'
import type { NeutralRequest, Recorded, RecordedLoop } from './record.ts'

export function checkLoop(loop: RecordedLoop, first: Recorded, { protocol, provider }: { protocol: Protocol; provider: Provider }): readonly Finding[] {
  const { messages, tools } = asked(loop.first_request_neutral)
  const encoding = encodingFor(first, provider, { request: { messages, tools }, config: protocol.configFor })
  const bytes = bodyOf(first)
  const { response, error } = isStream(first, provider) ? decodeStream(bytes, encoding, { size: 64, fast: true }) : decodeWhole(bytes, encoding)
  if (error !== undefined) return [{ field: 'decoding', wrong: String(error) }]

  const calls = loop.tool_calls.filter(({ name }) => name)
  const results = loop.tool_results.map(({ id, text = '' }, index) => {
    const place = calls.findIndex((call) => call.id && call.id === id)
    return { id: response.toolCalls[place < 0 ? index : place]?.id ?? '', text }
  })
  const answer: Message = {
    role: 'tool',
    content: results.map(({ id, text }) => ({ type: 'tool_result', toolUseId: id, content: text })),
  }
  const request = { messages: [...messages, response.message, answer], tools }
  const { body } = provider.wire.encode({ ...encoding, request })

  const findings: Finding[] = []
  const sent = protocol.readBody(JSON.parse(JSON.stringify(body)))
  const wanted = protocol.readBody(loop.second_request_body)
  const echoed = sent.calls.slice(-response.toolCalls.length)
  const same = (field: string, got: unknown, want: unknown): void => {
    findings.push(isDeepStrictEqual(got, want) ? { field } : { field, wrong: `${shown(got)} and not ${shown(want)}` })
  }
  for (const call of calls) {
    const recordedOne = wanted.calls.find(({ id }) => call.id && id === call.id) ?? { id: call.id, name: call.name, arguments: call.arguments }
    const ours = call.id ? echoed.find(({ id }) => id === call.id) : echoed.find(({ name }) => name === call.name)
    same('calls', ours && { name: ours.name, arguments: ours.arguments }, { name: recordedOne.name, arguments: recordedOne.arguments })
  }
  const last = sent.results.slice(-results.length)
  // An object may be sent as one, and then its spaces are nobody's.
  same('results', last.map(({ text }) => tight(text)), results.map(({ text }) => tight(text)))
  same('result ids', last.every(({ id }) => echoed.some((call) => call.id === id)), true)
  const held = strings(body)
  for (const [kind, items] of Object.entries(loop.must_echo)) {
    if (kind === 'tool_ids' || typeof items === 'boolean') continue
    for (const secret of [...strings(items)]) if (!held.has(secret) && secret.length > 40) same(kind, secret, 'sent')
    if (items.length) findings.push({ field: 'opaque' })
  }
  if (loop.must_echo['reasoning_text'] === true && response.thinking) {
    // Parts of a summary are paragraphs of the thinking, and stand by themselves on the wire.
    same('thinking', response.thinking.split('\n\n').every((part) => [...held].some((text) => text.includes(part))), true)
  }
  return findings
}

function tight(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}

/** The first request, as far as a history needs it. */
function asked({ system = [], turns, tools = [] }: NeutralRequest): { readonly messages: readonly Message[]; readonly tools: readonly Tool[] } {
  const told: readonly Message[] = system.map((text) => ({ role: 'system', content: text }))
  const messages = turns.map(({ role, blocks }): Message => {
    const content = blocks.flatMap((block): ContentBlock[] => {
      if (block.t === 'text') return [{ type: 'text', text: block.text ?? '' }]
      if (block.t === 'tool_use') return [{ type: 'tool_use', id: block.id ?? '', name: block.name ?? '', input: block.args ?? {} }]
      if (block.t === 'tool_result') return [{ type: 'tool_result', toolUseId: block.id ?? '', content: block.text ?? '' }]
      return []
    })
    return { role: role === 'assistant' || role === 'tool' ? role : 'user', content: content.length ? content : 'attached' }
  })
  const declared = tools.map(({ name, description = '', schema }) => ({ name, description, ...(schema ? { parameters: schema } : undefined) }))
  return { messages: [...told, ...messages], tools: declared }
}
