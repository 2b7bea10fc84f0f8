// Google: Gemini, through the Gemini API. ai.google.dev
import { header } from '../auth/header.ts'
import type { Provider } from '../types/provider.ts'
import { gemini } from '../wire/gemini.ts'

export const google: Provider = {
  name: 'google',
  // A tuned model's name says where it is itself.
  wire: gemini({ path: (model) => (model.includes('/') ? `/${model}` : `/models/${model}`), serverToolTurns: true }),
  baseUrl: ({ api_version = 'v1beta' }) => `https://generativelanguage.googleapis.com/${api_version}`,
  env: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  sign: header('x-goog-api-key'),
}
