// Gemini's generateContent, at the Gemini API and on Vertex AI.
import { google } from '../../../src/providers/google.ts'
import { vertexGemini } from '../../../src/providers/vertex-gemini.ts'
import type { Echo, Protocol } from '../protocol.ts'

interface Call {
  readonly id?: string
  readonly name: string
  readonly args?: unknown
}

interface Result {
  readonly id?: string
  readonly response: { readonly [key: string]: unknown }
}

interface Part {
  readonly functionCall?: Call
  readonly function_call?: Call
  readonly functionResponse?: Result
  readonly function_response?: Result
}

interface Body {
  readonly contents: readonly { readonly parts: readonly Part[] }[]
}

export const protocol: Protocol = {
  name: 'gemini',
  providerFor: ({ api }) => (api === 'vertex' ? vertexGemini : google),
  readBody: (body): Echo => {
    const parts = (body as Body).contents.flatMap((content) => content.parts)
    return {
      calls: parts.flatMap(({ function_call, functionCall = function_call }) => {
        return functionCall ? [{ id: functionCall.id ?? '', name: functionCall.name, arguments: functionCall.args ?? {} }] : []
      }),
      results: parts.flatMap(({ function_response, functionResponse = function_response }) => {
        return functionResponse ? [{ id: functionResponse.id ?? '', text: JSON.stringify(functionResponse.response) }] : []
      }),
    }
  },
}
