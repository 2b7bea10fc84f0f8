// Whether a model can serve a request at all, as far as the catalogue says.
import { estimateInput } from '../../core/tokens.ts'
import type { Call } from '../../types/call.ts'
import type { CapabilitiesConfig } from '../../types/config.ts'
import type { ContentBlock } from '../../types/message.ts'
import type { Target } from '../../types/provider.ts'

type Ability = keyof { readonly [ability in keyof CapabilitiesConfig as CapabilitiesConfig[ability] extends boolean | undefined ? ability : never]: true }

const NEEDS: { readonly [ability in Ability]?: (call: Call) => boolean } = {
  tools: ({ request }) => !!request.tools?.length,
  vision: (call) => holds(call, 'image'),
  audio_input: (call) => holds(call, 'audio'),
  streaming: ({ mode }) => mode === 'stream',
}

/** Why a model cannot serve a request, or undefined where it can or nobody knows. */
export function unfit(target: Target | undefined, call: Call): string | undefined {
  const { mode } = call
  if ((mode === 'embed' || mode === 'rerank') && target && !target.provider[mode]) return `no_${mode}`
  const able = target?.config.capabilities
  if (!able) return undefined
  const lacking = Object.entries(NEEDS).find(([ability, needed]) => able[ability as Ability] === false && needed(call))
  if (lacking) return `no_${lacking[0]}`
  return able.context_window !== undefined && estimateInput(call.request) > able.context_window ? TIGHT : undefined
}

/** The one reason that is an estimate. */
export const TIGHT = 'context_window'

/** Whether a message holds a kind of block, in what tools gave back too. */
export function holds({ request }: Call, type: ContentBlock['type']): boolean {
  const within = (content: string | readonly ContentBlock[]): boolean =>
    typeof content !== 'string' && content.some((block) => block.type === type || (block.type === 'tool_result' && within(block.content)))
  return request.messages.some(({ content }) => within(content))
}
