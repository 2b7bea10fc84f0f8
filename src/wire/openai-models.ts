// What OpenAI's reasoning models take and refuse, wherever they are hosted.
import type { Encoding } from '../types/provider.ts'
import { drop, REFUSED } from './fields.ts'
import type { Body, Dialect } from './openai-dialect.ts'

/** From the model catalogue of OpenAI's documentation, November 2026. A fine-tuned or dated name matches by its beginning. */
export const EFFORTS: NonNullable<Dialect['efforts']> = [
  [/chat-latest/, 'medium'],
  [/^gpt-5-pro/, 'high'],
  [/-pro\b/, 'medium high xhigh'],
  [/^o\d/, 'low medium high'],
  [/^gpt-5(?!\.)/, 'minimal low medium high'],
  [/^gpt-5\.1/, 'none low medium high'],
  [/^gpt-5\.|^gpt-6-(sol|luna)|^gpt-6\.1-terra/, 'none low medium high xhigh'],
  [/^gpt-[6-9]/, 'low medium high xhigh'],
]

/** Whether a model thinks before it answers. */
export function reasons(model: string): boolean {
  return EFFORTS.findIndex(([pattern]) => pattern.test(model)) > 0
}

/** While a model reasons it samples as it likes. From 5.1 to 5.4 one does not reason unless it is told to. */
function sampling(body: { [field: string]: unknown }, { target: { model }, note }: Encoding, effort: unknown): void {
  if ((effort ?? (/^gpt-5\.[1-4]/.test(model) ? 'none' : 'on')) !== 'none') drop(body, note, ['temperature top_p logprobs top_logprobs', REFUSED])
}

/** For Chat Completions. */
export function fit(body: Body, encoding: Encoding): void {
  const { target: { model }, note } = encoding
  if (/search-preview/.test(model)) drop(body, note, ['temperature', REFUSED])
  if (!reasons(model)) return
  if (/^gpt-5\.6/.test(model) && body['tools'] && body['reasoning_effort'] !== 'none') {
    body['reasoning_effort'] = 'none'
    note('reasoning', 'with tools only under `api_style: responses`: sent as none')
  }
  drop(body, note, [`frequency_penalty presence_penalty logit_bias${/^o(3(?!-mini)|4)/.test(model) ? ' stop' : ''}`, REFUSED])
  sampling(body, encoding, body['reasoning_effort'])
}

/** For Responses. */
export function fitResponses(body: { [field: string]: unknown }, encoding: Encoding): void {
  if (reasons(encoding.target.model)) sampling(body, encoding, Object(body['reasoning']).effort)
}
