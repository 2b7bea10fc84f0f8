// The world that the demo talks to: simulated providers on loopback, or the real ones whose keys are set.
import { simulator, type Answer, type SimulatedRequest } from '@relay/core/testing'
import { serve } from '@relay/core/testing/server'
import { giveUp } from './show.ts'

export interface World {
  /** One line: who is asked. */
  readonly about: string
  /** Catalogues to lay over models.yaml. */
  readonly overlays: readonly string[]
  readonly env: { readonly [name: string]: string | undefined }
  /** Who chats, and who is given a tool. */
  readonly models: readonly [string, string]
  /** A model whose stream is cut: always a simulated one. */
  readonly breaks: string
  /** Where the models of wires.yaml are: always on this machine. */
  readonly wires: { readonly overlay: string; readonly env: (name: string) => string | undefined }
  readonly close: () => Promise<void>
}

const KEYS: { readonly [alias: string]: string } = { fast: 'OPENAI_API_KEY', smart: 'ANTHROPIC_API_KEY', spare: 'GROQ_API_KEY' }

/** `--live` insists on the real providers, `--simulated` on the others; without either a key decides. */
export async function openWorld(words: readonly string[], env: World['env']): Promise<World> {
  const live = words.includes('--simulated') ? [] : Object.keys(KEYS).filter((alias) => env[KEYS[alias]!]?.trim())
  if (words.includes('--live') && words.includes('--simulated')) giveUp('write --live or --simulated, not both')
  if (words.includes('--live') && !live.length) giveUp(`--live asks real providers and needs a key: set ${Object.values(KEYS).join(' or ')}, or leave --live out`)
  const { fetch } = simulator({ answers: script, seed: 'demo' })
  const server = await serve(fetch)
  const close = (): Promise<void> => server.close()
  const wires = { overlay: everyWire(server.url), env: keyOf }
  if (live.length) return { ...liveWorld(live, server.url), env: { ...env, SIMULATED_KEY: 'none' }, wires, close }
  return {
    about: `simulated providers at ${server.url}, no key needed; with a key in the environment the real ones are asked`,
    overlays: [simulated(server.url)],
    env: Object.fromEntries(Object.values(KEYS).map((name) => [name, 'simulated'])),
    models: ['fast', 'smart'],
    breaks: 'fast',
    wires,
    close,
  }
}

/** An overlay changes what it names and leaves the rest: here, where the models are. */
function simulated(url: string): string {
  return `
defaults: { max_retries: 0 }
models:
  fast: { base_url: ${url}/openai/v1 }
  smart: { base_url: ${url}/anthropic }
  spare: { base_url: ${url}/groq/openai/v1 }
`
}

function everyWire(url: string): string {
  return `
models:
  chat-completions: { base_url: ${url}/openai/v1 }
  responses: { base_url: ${url}/openai/v1 }
  azure: { base_url: ${url}/azure/openai/v1 }
  messages: { base_url: ${url}/anthropic }
  gemini: { base_url: ${url}/google/v1beta }
  vertex-gemini: { base_url: ${url}/v1beta1/projects/my-project/locations/global }
  vertex-claude: { base_url: ${url}/v1/projects/my-project/locations/us-east5 }
  cohere: { base_url: ${url}/cohere/v2 }
  converse: { base_url: ${url} }
  invoke: { base_url: ${url} }
  embedding: { base_url: ${url}/openai/v1 }
  ranking: { base_url: ${url}/cohere/v2 }
`
}

/** A key for everybody. One for AWS would be sent as it is: without it requests are signed, which is more to see. */
function keyOf(name: string): string | undefined {
  return name === 'AWS_BEARER_TOKEN_BEDROCK' ? undefined : 'simulated'
}

function liveWorld(live: readonly string[], url: string): Pick<World, 'about' | 'overlays' | 'models' | 'breaks'> {
  const [first = '', second = first] = live
  return {
    about: `the real providers of ${live.join(', ')}, for a fraction of a cent; --simulated asks nobody`,
    overlays: [`
models:
  unreachable: { target: openai/unreachable, base_url: ${url}/openai/v1, credential: $env.SIMULATED_KEY, max_retries: 0 }
  breaking: { target: openai/gpt-4.1-mini, base_url: ${url}/openai/v1, credential: $env.SIMULATED_KEY, max_retries: 0 }
groups:
  any: { members: [unreachable, ${live.join(', ')}] }
`],
    models: [first, second],
    breaks: 'breaking',
  }
}

const HELLO: { readonly [language: string]: string } = {
  English: 'Hello!',
  French: 'Bonjour !',
  German: 'Guten Tag!',
  Italian: 'Buongiorno!',
  Spanish: '¡Buenos días!',
  Portuguese: 'Bom dia!',
  Dutch: 'Goedendag!',
  Swedish: 'God dag!',
  Polish: 'Dzień dobry!',
  Turkish: 'Merhaba!',
}

/** What the simulated providers say. */
function script({ neutral, dialect }: SimulatedRequest): Answer {
  // A pause before each word, so that the stream can be seen.
  const slow = { type: 'slow', ms: process.stdout.isTTY ? 25 : 0 } as const
  if (neutral.turns.at(-1)?.toolResults?.length) return { text: 'It is 21 °C in Paris, with a light breeze.', fault: slow }
  if (neutral.tools.length) return { text: 'Let me look.', toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] }
  const [, language = ''] = /hello in (\w+)/.exec(neutral.text) ?? []
  if (language) return { text: HELLO[language] ?? 'Hello!' }
  if (neutral.model === 'unreachable') return { fault: { type: 'refuse' } }
  if (/story/.test(neutral.text)) {
    return { text: 'Once upon a time there was a fox who lived happily ever after.', fault: [slow, { type: 'end', content: 9 }] }
  }
  if (/rainbow/.test(neutral.text)) {
    // An error inside a 200, then a connection that breaks: both before the first word.
    if (dialect === 'openai') return { text: 'Violet.', fault: { type: 'error_event', content: 0 } }
    if (dialect === 'anthropic') return { text: 'Indigo.', fault: { type: 'cut', content: 0 } }
    return { text: 'Green, in the middle of it.', fault: slow }
  }
  return { text: 'Air scatters short waves of light far more than long ones, so blue reaches your eyes from everywhere.', fault: slow }
}
