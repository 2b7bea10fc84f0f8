// The entry of the catalogue that a recorded request would have come from, read from its address.
import type { ModelConfig, RelayConfig } from '../../src/types/config.ts'
import type { Provider } from '../../src/types/provider.ts'
import type { Recorded } from './record.ts'

type Place = Partial<ModelConfig> & { readonly model?: string | undefined }

/** The alias that recorded models have. */
export const ALIAS = 'recorded'

/** A catalogue of one model, in its place. */
export function catalogueOf(record: Recorded, provider: Provider): RelayConfig {
  const { model, ...place } = placeOf(record, provider)
  const { name, style } = provider
  return { models: { [ALIAS]: { target: `${name}/${model ?? record.model ?? 'unknown'}`, ...(style && { api_style: style }), max_retries: 0, ...place } } }
}

function placeOf({ request: { url } }: Recorded, { name, baseUrl }: Provider): Place {
  if (!URL.canParse(url)) return name === 'azure' ? { base_url: 'https://resource.openai.azure.com' } : { base_url: 'https://recorded.example/v1' }
  const { origin, host, pathname, searchParams } = new URL(url)
  const path = decodeURIComponent(pathname)
  const [, model] = /\/models?\/(.+?)(?:\/(?:invoke|converse)[a-z-]*|:\w+)$/.exec(path) ?? []
  if (name === 'bedrock') return { model, region: host.split('.')[1] ?? '' }
  if (name === 'google') return { model }
  if (name === 'vertex') {
    // Some recordings have a mask there.
    const [, version, project, location] = /^\/(\w+)\/projects\/([\w.-]+)\/locations\/([\w.-]+)/.exec(path) ?? []
    return { model, ...(version && { api_version: version }), ...(project && { project }), ...(location && { location }) }
  }
  const base = origin + path.replace(/\/(chat\/completions|v1\/messages|chat|embed|responses(\/resp_.*)?|embeddings)$/, '')
  if (name === 'azure') {
    const [, root, deployment] = /^(.*)\/openai\/deployments\/([^/]+)$/.exec(base) ?? []
    const version = searchParams.get('api-version')
    return { base_url: root ?? base, ...(deployment && { deployment }), ...(version && { api_version: version }) }
  }
  // A provider's own address is the provider's to know.
  return base === baseUrl ? {} : { base_url: base }
}
