// Gemini's generateContent, at the Gemini API and on Vertex AI.
import { google } from '../../../src/providers/google.ts'
import { vertexGemini } from '../../../src/providers/vertex-gemini.ts'
import { named, texts, type Protocol } from '../protocol.ts'

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
  readonly text?: string
  readonly thought?: boolean
  readonly functionCall?: Call
  readonly function_call?: Call
  readonly functionResponse?: Result
  readonly function_response?: Result
}

interface Declaration {
  readonly name: string
  readonly description?: string
  readonly parameters?: unknown
  readonly parametersJsonSchema?: unknown
  readonly parameters_json_schema?: unknown
}

interface Body {
  readonly contents: readonly { readonly role?: string; readonly parts?: readonly Part[] }[]
  readonly systemInstruction?: { readonly parts?: Part | readonly Part[] }
  readonly system_instruction?: { readonly parts?: Part | readonly Part[] }
  /** One may stand without its list. */
  readonly tools?: Tools | readonly Tools[]
  readonly generationConfig?: object
  readonly generation_config?: object
}

interface Tools {
  readonly functionDeclarations?: readonly Declaration[]
  readonly function_declarations?: readonly Declaration[]
}

/** Both spellings are taken. */
const PARAMS = {
  maxOutputTokens: 'max_tokens', max_output_tokens: 'max_tokens', temperature: 'temperature', topP: 'top_p', top_p: 'top_p', topK: 'top_k', top_k: 'top_k',
  stopSequences: 'stop', stop_sequences: 'stop', seed: 'seed',
}

export const protocol: Protocol = {
  name: 'gemini',
  slack: 0,
  providerFor: ({ api }) => (api === 'vertex' ? vertexGemini : google),
  readBody: (body) => {
    const { contents, system_instruction, systemInstruction = system_instruction, tools = [], generation_config = {}, generationConfig = generation_config } = body as Body
    const parts = contents.flatMap((content) => content.parts ?? [])
    const spoken = (all: Part | readonly Part[] = []): readonly string[] => texts([all].flat().filter(({ thought }) => !thought))
    return {
      system: spoken(systemInstruction?.parts),
      said: contents.flatMap(({ role = 'user', parts }) => spoken(parts).map((text) => ({ role: role === 'model' ? 'assistant' : role, text }))),
      calls: parts.flatMap(({ function_call, functionCall = function_call }) => {
        return functionCall ? [{ id: functionCall.id ?? '', name: functionCall.name, arguments: functionCall.args ?? {} }] : []
      }),
      results: parts.flatMap(({ function_response, functionResponse = function_response }) => {
        return functionResponse ? [{ id: functionResponse.id ?? '', text: JSON.stringify(functionResponse.response) }] : []
      }),
      tools: [tools].flat().flatMap(({ function_declarations = [], functionDeclarations = function_declarations }) =>
        functionDeclarations.map(({ name, description, parameters, parameters_json_schema = parameters, parametersJsonSchema: schema = parameters_json_schema }) => ({ name, description, schema })),
      ),
      params: named(generationConfig, PARAMS),
    }
  },
}
