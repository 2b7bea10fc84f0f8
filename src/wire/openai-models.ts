// What OpenAI's reasoning models take and refuse on Chat Completions, wherever they are hosted.
import type { Body, Dialect } from './openai-dialect.ts'
import type { Encoding } from '../types/provider.ts'

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

/** A refused field is a 400, so what a model does not take is left out, and said. */
export function fit(body: Body, { target: { model }, note }: Encoding): void {
  const drop = (why: string, ...fields: readonly string[]): void => {
    for (const field of fields) {
      if (body[field] === undefined) continue
      delete body[field]
      note(field, why)
    }
  }
  if (/search-preview/.test(model)) drop('this model refuses it', 'temperature')
  if (!EFFORTS.some(([pattern]) => pattern.test(model)) || /chat-latest/.test(model)) return
  if (/^gpt-5\.6/.test(model) && body['tools'] && body['reasoning_effort'] !== 'none') {
    body['reasoning_effort'] = 'none'
    note('reasoning', 'with tools, this model reasons only under `api_style: responses`: sent as none')
  }
  drop('reasoning models refuse it', 'frequency_penalty', 'presence_penalty', 'logit_bias')
  if (/^o[34]/.test(model)) drop('this model refuses it', 'stop')
  // From 5.1 to 5.4 a model does not reason unless it is told to.
  const effort = body['reasoning_effort'] ?? (/^gpt-5\.[1-4]/.test(model) ? 'none' : 'on')
  if (effort !== 'none') drop('models refuse it while they reason', 'temperature', 'top_p', 'logprobs', 'top_logprobs')
}
