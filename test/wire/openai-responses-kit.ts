// Writes Responses answers by hand: as a body, and as the stream of events that says the same.
import fc from 'fast-check'
import type { Encoding, Provider } from '../../src/types/provider.ts'
import type { ChatRequest } from '../../src/types/request.ts'
import { openaiResponses } from '../../src/wire/openai-responses.ts'
import { encodingOf, nobody, type Asked } from './openai-chat-kit.ts'

export type Item = { readonly type: string; readonly [field: string]: unknown }

export const plain: Provider = { ...nobody, wire: openaiResponses() }

export const asking = (request: Partial<ChatRequest> = {}, asked: Asked = {}): Encoding => encodingOf(request, { provider: plain, ...asked })

export const usage = {
  input_tokens: 40,
  input_tokens_details: { cached_tokens: 10, cache_write_tokens: 5 },
  output_tokens: 22,
  output_tokens_details: { reasoning_tokens: 8 },
  total_tokens: 62,
}

export const bodyOf = (output: readonly Item[], more: object = {}): object => ({
  id: 'resp_1', object: 'response', model: 'm-1', created_at: 7, status: 'completed', error: null, incomplete_details: null, output, usage, ...more,
})

/** A text in pieces, cut anywhere, also inside a character. */
const pieces = (text: string, cuts: readonly number[]): string[] => {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b)
  return [...places, text.length].map((place, index) => text.slice(places[index - 1] ?? 0, place))
}

export const events = (list: readonly { readonly type: string }[]): string =>
  list.map((event, n) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: n })}\n\n`).join('')

/** The events of one item. `quiet`: the deltas never come, and all is in the last event. */
export function itemEvents(item: Item, index: number, { cuts = [], quiet = false }: { cuts?: readonly number[]; quiet?: boolean } = {}): { readonly type: string }[] {
  const of = (type: string, more: object): { readonly type: string } => ({ ...{ output_index: index, item_id: `rotated_${cuts.length}`, ...more }, type: `response.${type}` })
  const grown = (type: string, text: unknown, more: object = {}) => (quiet ? [] : pieces(String(text), cuts).map((delta) => of(`${type}.delta`, { delta, ...more })))
  const list = (field: string) => (Array.isArray(item[field]) ? (item[field] as { text?: string; refusal?: string; annotations?: object[] }[]) : [])
  const empty = Object.fromEntries(Object.entries(item).map(([key, value]) => [key, Array.isArray(value) ? [] : /^(arguments|input|encrypted_content)$/.test(key) ? '' : value]))
  return [
    of('output_item.added', { item: { ...empty, status: 'in_progress' } }),
    ...list('summary').flatMap(({ text }, summary_index) => [
      of('reasoning_summary_part.added', { summary_index, part: { type: 'summary_text', text: '' } }),
      ...grown('reasoning_summary_text', text, { summary_index }),
      of('reasoning_summary_text.done', { summary_index, text }),
    ]),
    ...list('content').flatMap(({ text, refusal, annotations = [] }, content_index) => [
      of('content_part.added', { content_index, part: {} }),
      ...(refusal === undefined
        ? grown(item.type === 'reasoning' ? 'reasoning_text' : 'output_text', text, { content_index })
        : grown('refusal', refusal, { content_index })),
      ...annotations.map((annotation, annotation_index) => of('output_text.annotation.added', { content_index, annotation_index, annotation })),
      of('content_part.done', { content_index, part: {} }),
    ]),
    ...(item.type === 'function_call' ? [...grown('function_call_arguments', item['arguments']), of('function_call_arguments.done', { arguments: item['arguments'] })] : []),
    ...(item.type === 'custom_tool_call' ? grown('custom_tool_call_input', item['input']) : []),
    ...(item.type === 'web_search_call' ? [of('web_search_call.searching', {})] : []),
    of('output_item.done', { item }),
  ]
}

export function streamOf(output: readonly Item[], more: object = {}, shape: { cuts?: readonly number[]; quiet?: boolean } = {}): string {
  const response = bodyOf(output, more) as { readonly status: string }
  const begun = { ...response, status: 'in_progress', output: [], usage: null, incomplete_details: null }
  return events([
    { type: 'response.created', response: begun } as { type: string },
    { type: 'response.in_progress', response: begun } as { type: string },
    ...output.flatMap((item, index) => itemEvents(item, index, shape)),
    { type: `response.${response.status}`, response } as { type: string },
  ])
}

const said = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
const id = fc.stringMatching(/^[a-z0-9]{6}$/)
const annotation = fc.record({ type: fc.constant('url_citation'), url: fc.webUrl(), title: said, start_index: fc.nat(9), end_index: fc.nat(9) })

/** Any answer: thoughts shown and sealed, speech, refusals, calls with JSON and with free text, and a tool of the provider's. */
export const outputs: fc.Arbitrary<readonly Item[]> = fc.uniqueArray(
  fc.oneof(
    fc.record({
      type: fc.constant('reasoning'),
      id,
      encrypted_content: id,
      summary: fc.array(fc.record({ type: fc.constant('summary_text'), text: said }), { maxLength: 3 }),
      content: fc.array(fc.record({ type: fc.constant('reasoning_text'), text: said }), { maxLength: 2 }),
    }),
    fc.record({
      type: fc.constant('message'),
      id,
      role: fc.constant('assistant'),
      status: fc.constant('completed'),
      phase: fc.constantFrom('commentary', 'final_answer'),
      content: fc.array(
        fc.oneof(
          fc.record({ type: fc.constant('output_text'), text: said, annotations: fc.array(annotation, { maxLength: 2 }) }),
          fc.record({ type: fc.constant('refusal'), refusal: said }),
        ),
        { maxLength: 2 },
      ),
    }),
    fc.record({ type: fc.constant('function_call'), id, call_id: id, name: id, status: fc.constant('completed'), arguments: fc.dictionary(said, fc.jsonValue(), { maxKeys: 3 }).map((it) => JSON.stringify(it)) }),
    fc.record({ type: fc.constant('custom_tool_call'), id, call_id: id, name: id, input: fc.string({ unit: 'grapheme', maxLength: 30 }) }),
    fc.record({ type: fc.constant('web_search_call'), id, status: fc.constant('completed'), action: fc.record({ type: fc.constant('search'), query: said }) }),
  ),
  // An id names one item.
  { maxLength: 5, selector: ({ id }) => id },
)
