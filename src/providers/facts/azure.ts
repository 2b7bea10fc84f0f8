// Azure's places for its APIs, and its content filter.
import type { EmbedWire } from '../../types/embed.ts'
import type { Target, Wire, WireRequest } from '../../types/provider.ts'
import type { Dialect, Ear } from '../../wire/openai-dialect.ts'
import { EFFORTS } from '../../wire/openai-models.ts'
import { at } from '../../wire/fields.ts'

/** What a content filter says of one category: `hate`, `self_harm`, `sexual`, `violence`, `jailbreak`… */
export interface FilterVerdict {
  readonly filtered?: boolean
  readonly severity?: 'safe' | 'low' | 'medium' | 'high'
  readonly detected?: boolean
  readonly [field: string]: unknown
}

/** By category. A ContentPolicyError has one as its `data`. */
export interface FilterVerdicts {
  readonly [category: string]: FilterVerdict
}

/** One of `response.metadata.contentFilters`. */
export interface ContentFilter {
  readonly source_type: 'prompt' | 'completion'
  readonly content_filter_results: FilterVerdicts
  /** Under Responses only. */
  readonly blocked?: boolean
}

/** Verdicts come with any chunk of a stream, about a stretch of the text, some after its end: of each category the worst counts. */
export const filters: Ear = (heard, piece) => {
  const verdicts = (heard.verdicts ??= {}) as { [of in ContentFilter['source_type']]?: FilterVerdicts | undefined }
  if (!piece) {
    const contentFilters = (['prompt', 'completion'] as const).flatMap((source_type): ContentFilter[] => {
      const { [source_type]: content_filter_results } = verdicts
      return content_filter_results ? [{ source_type, content_filter_results }] : []
    })
    if (contentFilters.length) heard.out.push({ type: 'metadata', values: { contentFilters } })
    return
  }
  const { body } = piece
  const prompts = at(body, 'prompt_filter_results') ?? at(body, 'prompt_annotations')
  for (const prompt of Array.isArray(prompts) ? prompts : []) verdicts.prompt = worst(verdicts.prompt, at(prompt, 'content_filter_results'))
  const said = at(body, 'choices.0.content_filter_results') ?? at(body, 'choices.0.content_filter_result')
  verdicts.completion = worst(verdicts.completion, said)
}

function worst(before: FilterVerdicts | undefined, said: unknown): FilterVerdicts | undefined {
  const news = Object.entries((said ?? {}) as FilterVerdicts).filter(([category, verdict]) => weight(verdict) >= weight(before?.[category]))
  return news.length ? { ...before, ...Object.fromEntries(news) } : before
}

function weight(verdict: FilterVerdict | undefined): number {
  if (!verdict) return -1
  const { filtered, detected, severity = 'safe' } = verdict
  return (filtered ? 8 : 0) + (detected ? 4 : 0) + ['safe', 'low', 'medium', 'high'].indexOf(severity)
}

/** A deployment may have any name: one that is no known model's is taken for one that reasons. */
export const efforts: NonNullable<Dialect['efforts']> = [...EFFORTS, [/^(?!gpt-?[34])/i, 'none minimal low medium high xhigh']]

/**
 * A request in Azure's place for it. `base_url` says which surface is spoken: `…/openai/v1`, `…/models`, or the classic one
 * with deployments in the path, for which `api_version` is a date. Without a version, a resource's bare host means v1.
 */
function placed({ path, body, ...rest }: WireRequest, { baseUrl, model, config }: Target): WireRequest {
  const { deployment = model, api_version: version } = config
  const named = /\/(v1|models|openai|deployments\/[^/]+)$/.exec(baseUrl)?.[1]
  const root = named === 'openai' ? '' : '/openai'
  const dated = /^\d/.test(version ?? '')
  const query = version === undefined ? '' : `?api-version=${version}`
  let place = path + query
  if (named === 'v1') place = path + (dated ? '' : query)
  else if (named === 'models') place = path + (query || '?api-version=2024-05-01-preview')
  else if (named?.startsWith('deployments')) place = path + (query || '?api-version=2024-10-21')
  else if (!dated) place = `${root}/v1${place}`
  // Responses know no deployments in their path.
  else place = `${root}${path === '/responses' ? '' : `/deployments/${encodeURIComponent(deployment)}`}${place}`
  return { ...rest, path: place, body: body['model'] === model ? { ...body, model: deployment } : body }
}

export function azureWire(wire: Wire): Wire {
  return { ...wire, encode: (encoding) => placed(wire.encode(encoding), encoding.target) }
}

export function azureEmbed(wire: EmbedWire): EmbedWire {
  return { ...wire, encode: (encoding) => placed(wire.encode(encoding), encoding.target) }
}
