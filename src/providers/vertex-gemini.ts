// Gemini on Google's Vertex AI, without the other protocols that are spoken there: for where the size of the bundle counts.
import { googleCloud } from '../auth/google.ts'
import { relayError } from '../errors.ts'
import type { ModelConfig } from '../types/config.ts'
import type { Provider } from '../types/provider.ts'
import { gemini } from '../wire/gemini.ts'
import { vertexEmbeddings } from '../wire/gemini-embeddings.ts'

export const vertexGemini: Provider = {
  name: 'vertex',
  wire: gemini({ path, receivedIdsOnly: true }),
  embed: vertexEmbeddings(path),
  baseUrl: address,
  env: ['GOOGLE_VERTEX_API_KEY'],
  ambient: { type: 'gcp_adc' },
  sign(request, credential, { target }) {
    const { base_url, project } = target.config
    if (credential.type === 'token' && !base_url && !project) {
      throw relayError('config', `model \`${target.alias}\` needs a \`project\`: only an express key does without`, { alias: target.alias })
    }
    return googleCloud(request, credential)
  },
}

/** A tuned model is an endpoint of the project, and says so itself. */
function path(model: string): string {
  const bare = model.replace(/^(publishers\/)?google\/(models\/)?/, '')
  return bare.includes('/') ? `/${bare}` : `/publishers/google/models/${bare}`
}

function address({ project, location, region, api_version }: ModelConfig, model: string): string {
  const version = api_version ?? (project && model.includes('gemini') ? 'v1beta1' : 'v1')
  const place = location ?? region ?? 'global'
  // An express key stands for its project.
  if (!project) return `https://aiplatform.googleapis.com/${version}`
  const host = /^(us|eu)$/.test(place) ? `aiplatform.${place}.rep` : place === 'global' ? 'aiplatform' : `${place}-aiplatform`
  return `https://${host}.googleapis.com/${version}/projects/${project}/locations/${place}`
}
