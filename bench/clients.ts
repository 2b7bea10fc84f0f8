// The contestants: `fetch` with the loop that people write by hand, OpenAI's client, the AI SDK, and Relay.
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, streamText } from 'ai'
import OpenAI from 'openai'
import { Hub, type FetchLike } from '../src/index.ts'
import { openai } from '../src/providers/openai.ts'

export interface Client {
  readonly name: string
  /** Asks once and gives the text of the answer. */
  readonly chat: (fetch: FetchLike) => () => Promise<string>
  readonly stream: (fetch: FetchLike) => () => Promise<string>
}

const model = 'gpt-5.4-mini'
const prompt = 'Say something.'
const messages = [{ role: 'user' as const, content: prompt }]
const url = 'https://api.openai.com/v1/chat/completions'
const headers = { 'content-type': 'application/json', authorization: 'Bearer none' }

interface Chunk {
  readonly choices: readonly { readonly delta?: { readonly content?: string }; readonly message?: { readonly content: string } }[]
}

const byHand: Client = {
  name: 'fetch, by hand',
  chat: (fetch) => async () => {
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ model, messages }) })
    return ((await response.json()) as Chunk).choices[0]?.message?.content ?? ''
  },
  stream: (fetch) => async () => {
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ model, messages, stream: true }) })
    if (!response.body) return ''
    const decoder = new TextDecoder()
    let buffer = ''
    let text = ''
    for await (const chunk of response.body) {
      buffer += decoder.decode(chunk, { stream: true })
      const lines = buffer.split('\n')
      buffer = lines.pop() ?? ''
      for (const line of lines) {
        if (!line.startsWith('data: ') || line === 'data: [DONE]') continue
        text += (JSON.parse(line.slice(6)) as Chunk).choices[0]?.delta?.content ?? ''
      }
    }
    return text
  },
}

const relay: Client = {
  name: 'relay',
  chat: (fetch) => {
    const hub = hubOf(fetch)
    return async () => (await hub.chat('m', { messages })).text
  },
  stream: (fetch) => {
    const hub = hubOf(fetch)
    return async () => {
      let text = ''
      for await (const event of hub.stream('m', { messages })) if (event.type === 'text_delta') text += event.text
      return text
    }
  },
}

function hubOf(fetch: FetchLike): Hub {
  const models = { m: { target: `openai/${model}`, cost: { input_per_1m: 1, output_per_1m: 2 } } }
  return new Hub({ models }, { providers: [openai], env: { OPENAI_API_KEY: 'none' }, fetch })
}

const official: Client = {
  name: 'openai',
  chat: (fetch) => {
    const client = new OpenAI({ apiKey: 'none', fetch: fetch as typeof globalThis.fetch })
    return async () => (await client.chat.completions.create({ model, messages })).choices[0]?.message.content ?? ''
  },
  stream: (fetch) => {
    const client = new OpenAI({ apiKey: 'none', fetch: fetch as typeof globalThis.fetch })
    return async () => {
      let text = ''
      const stream = await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } })
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
      return text
    }
  },
}

const aiSdk: Client = {
  name: 'ai',
  chat: (fetch) => {
    const provider = createOpenAI({ apiKey: 'none', fetch: fetch as typeof globalThis.fetch })
    return async () => (await generateText({ model: provider.chat(model), prompt })).text
  },
  stream: (fetch) => {
    const provider = createOpenAI({ apiKey: 'none', fetch: fetch as typeof globalThis.fetch })
    return async () => {
      let text = ''
      for await (const word of streamText({ model: provider.chat(model), prompt }).textStream) text += word
      return text
    }
  },
}

export const clients: readonly Client[] = [byHand, relay, official, aiSdk]
