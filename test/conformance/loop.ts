// Goes through a recorded tool loop with a hub: the answer is put back into the history, and the second request must echo it all.
import type { Message } from '../../src/types/message.ts'
import type { Provider } from '../../src/types/provider.ts'
import { askOf } from './ask.ts'
import { isStream } from './exchange.ts'
import { holds, same, type Finding } from './judge.ts'
import { ALIAS } from './place.ts'
import type { Protocol } from './protocol.ts'
import { strings, type Recorded, type RecordedLoop } from './record.ts'
import { meant } from './sent.ts'
import { answerOf, hubOf } from './through.ts'

export async function checkLoop(loop: RecordedLoop, first: Recorded, { protocol, provider }: { protocol: Protocol; provider: Provider }): Promise<readonly Finding[]> {
  const { hub, sent } = hubOf(first, provider, () => answerOf(first, provider, 64))
  const { messages: asked, tools = [] } = askOf(loop.first_request_neutral)
  // Some ask by their instructions alone, which are not in every recording.
  const messages: readonly Message[] = asked.length ? asked : [{ role: 'user', content: 'hi' }]
  const streams = isStream(first, provider)
  const ask = (history: readonly Message[]) => (streams ? hub.stream(ALIAS, { messages: history, tools }).response() : hub.chat(ALIAS, { messages: history, tools }))
  const response = await ask(messages)

  const calls = loop.tool_calls.filter(({ name }) => name)
  const results = loop.tool_results.map(({ id, text = '' }, index) => {
    const place = calls.findIndex((call) => call.id && call.id === id)
    return { id: response.toolCalls[place < 0 ? index : place]?.id ?? '', text }
  })
  const answer: Message = { role: 'tool', content: results.map(({ id, text }) => ({ type: 'tool_result', toolUseId: id, content: text })) }
  // What the second answer is does not matter here.
  await ask([...messages, response.message, answer])
  const body = sent[1]?.body

  const findings: Finding[] = []
  const echo = protocol.readBody(body)
  const wanted = protocol.readBody(loop.second_request_body)
  const echoed = echo.calls.slice(-response.toolCalls.length)
  for (const call of calls) {
    const recordedOne = wanted.calls.find(({ id }) => call.id && id === call.id) ?? { id: call.id, name: call.name, arguments: call.arguments }
    const ours = call.id ? echoed.find(({ id }) => id === call.id) : echoed.find(({ name }) => name === call.name)
    findings.push(same('calls', ours && { name: ours.name, arguments: ours.arguments }, { name: recordedOne.name, arguments: recordedOne.arguments }))
  }
  const last = echo.results.slice(-results.length)
  findings.push(same('results', last.map(({ text }) => meant(text)), results.map(({ text }) => meant(text))))
  const own = last.every(({ id }, index) => echoed.some((call) => call.id === id) && (!calls.some((call) => call.id === results[index]?.id) || id === results[index]?.id))
  findings.push(holds('result ids', own, 'a result without its call'))
  const held = strings(body)
  for (const [kind, items] of Object.entries(loop.must_echo)) {
    if (kind === 'tool_ids' || typeof items === 'boolean' || !items.length) continue
    const lost = [...strings(items)].filter((secret) => !held.has(secret))
    findings.push(holds('opaque', !lost.length, `${kind}: ${lost.length} lost, such as ${lost[0]?.slice(0, 60)}`))
  }
  if (loop.must_echo['reasoning_text'] === true && response.thinking) {
    // Parts of a summary are paragraphs of the thinking, and stand by themselves on the wire.
    findings.push(holds('thinking', response.thinking.split('\n\n').every((part) => [...held].some((text) => text.includes(part))), 'not all of it is sent'))
  }
  return findings
}
