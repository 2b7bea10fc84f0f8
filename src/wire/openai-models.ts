// What OpenAI's reasoning models take and refuse, wherever they are hosted.
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

/** Whether a model thinks before it answers. */
export function reasons(model: string): boolean {
  return EFFORTS.some(([pattern]) => pattern.test(model)) && !/chat-latest/.test(model)
}

type Drop = (why: string, ...fields: readonly string[]) => void

/** A refused field is a 400, so what a model does not take is left out, and said. */
function dropper(body: { [field: string]: unknown }, note: Encoding['note']): Drop {
  return (why, ...fields) => {
    for (const field of fields) {
      if (body[field] === undefined) continue
      delete body[field]
      note(field, why)
    }
  }
}

/** While a model reasons it samples as it likes. From 5.1 to 5.4 one does not reason unless it is told to. */
function sampling(drop: Drop, model: string, effort: unknown = /^gpt-5\.[1-4]/.test(model) ? 'none' : 'on'): void {
  if (effort !== 'none') drop('models refuse it while they reason', 'temperature', 'top_p', 'logprobs', 'top_logprobs')
}

/** For Chat Completions. */
export function fit(body: Body, { target: { model }, note }: Encoding): void {
  const drop = dropper(body, note)
  if (/search-preview/.test(model)) drop('this model refuses it', 'temperature')
  if (!reasons(model)) return
  if (/^gpt-5\.6/.test(model) && body['tools'] && body['reasoning_effort'] !== 'none') {
    body['reasoning_effort'] = 'none'
    note('reasoning', 'with tools, this model reasons only under `api_style: responses`: sent as none')
  }
  drop('reasoning models refuse it', 'frequency_penalty', 'presence_penalty', 'logit_bias')
  if (/^o[34]/.test(model)) drop('this model refuses it', 'stop')
  sampling(drop, model, body['reasoning_effort'])
}

/** For Responses. */
export function fitResponses(body: { [field: string]: unknown }, { target: { model }, note }: Encoding): void {
  if (reasons(model)) sampling(dropper(body, note), model, (body['reasoning'] as { readonly effort?: unknown } | undefined)?.effort)
}
