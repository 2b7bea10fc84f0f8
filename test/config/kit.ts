// What the tests of the catalogue share: facts of providers, and how to ask for a mistake.
import { RelayError } from '../../src/errors.ts'
import type { Finding, ProviderFacts } from '../../src/yaml.ts'

export const providers: readonly ProviderFacts[] = [
  { name: 'openai', baseUrl: 'https://api.openai.com/v1' },
  { name: 'openai', style: 'responses', baseUrl: 'https://api.openai.com/v1' },
  { name: 'google', baseUrl: 'https://generativelanguage.googleapis.com', httpsOnly: true },
  { name: 'vllm' },
]

/** The error that loading a catalogue ends with. Anything but a ConfigError that lists its findings is thrown on. */
export function mistakes(run: () => unknown): { readonly message: string; readonly findings: readonly Finding[] } {
  try {
    run()
  } catch (error) {
    if (!(error instanceof RelayError) || error.name !== 'ConfigError' || !Array.isArray(error.data)) throw error
    return { message: error.message, findings: error.data as readonly Finding[] }
  }
  return { message: '', findings: [] }
}
