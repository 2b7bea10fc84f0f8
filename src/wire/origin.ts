// Tells whose a block is: opaque state goes back only to whoever minted it.
import type { ContentBlock } from '../types/message.ts'
import type { Target } from '../types/provider.ts'

/** Whether a block was made by the provider, model and endpoint that it is about to be sent to. */
export function isMintedBy({ origin }: ContentBlock, { provider, model, baseUrl }: Target): boolean {
  return origin?.provider === provider.name && origin.model === model && hostOf(origin.endpoint ?? baseUrl) === hostOf(baseUrl)
}

/** The state that a block has for whom it is about to be sent to. */
export function keptOf(block: ContentBlock, target: Target): unknown {
  return isMintedBy(block, target) ? block.origin?.state : undefined
}

/** An endpoint is its host: paths say versions and prefixes, which change nothing about who can read the state. */
function hostOf(url: string): string | undefined {
  return url.split('/')[2]
}
