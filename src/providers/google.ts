// Google: Gemini, through the Gemini API. ai.google.dev
import { header } from '../auth/header.ts'
import type { Provider } from '../types/provider.ts'
import { gemini } from '../wire/gemini.ts'
import { geminiEmbeddings } from '../wire/gemini-embeddings.ts'

// A tuned model's name says where it is itself.
const path = (model: string): string => (model.includes('/') ? `/${model}` : `/models/${model}`)

export const google: Provider = {
  name: 'google',
  wire: gemini({ path, serverToolTurns: true }),
  embed: geminiEmbeddings(path),
  baseUrl: ({ api_version = 'v1beta' }) => `https://generativelanguage.googleapis.com/${api_version}`,
  env: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  // Its keys have turned up in the logs of proxies: not even loopback sees one in the clear.
  httpsOnly: true,
  sign: header('x-goog-api-key'),
}
