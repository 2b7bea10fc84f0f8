// Google: the Gemini API.
import { header } from '../auth/header.ts'
import type { Provider } from '../types/provider.ts'
import { gemini } from '../wire/gemini.ts'

export const google: Provider = {
  name: 'google',
  // A tuned model's name says where it is itself.
  wire: /* @__PURE__ */ gemini({ path: (model) => (model.includes('/') ? `/${model}` : `/models/${model}`), serverToolTurns: true }),
  baseUrl: ({ api_version = 'v1beta' }) => `https://generativelanguage.googleapis.com/${api_version}`,
  env: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  sign: /* @__PURE__ */ header('x-goog-api-key'),
}
