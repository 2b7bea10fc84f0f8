// Chooses the model that answers: the one that was named, or the members of a group until one can.
import { REMEDY, RelayError, type ErrorCode } from '../errors.ts'
import type { Layer } from '../types/call.ts'
import type { GroupConfig, GroupMember } from '../types/config.ts'
import type { Target } from '../types/provider.ts'

/** What routing needs of the catalogue. Both throw a ConfigError where they cannot say. */
export interface Directory {
  readonly group: (alias: string) => GroupConfig | undefined
  readonly target: (alias: string) => Target
}

/** With `retry_classifier: strict`, only these move on to the next member: surely the provider's fault, and passing. */
const STRICT: readonly ErrorCode[] = [
  'rate_limit',
  'overloaded',
  'server_error',
  'network',
  'timeout_connect',
  'timeout_first_content',
  'timeout_attempt',
  'stream_truncated',
  'circuit_open',
]

export function route(directory: Directory): Layer {
  return {
    stage: 'route',
    wrap: (next) => async (call) => {
      const { runtime, budget } = call
      const group = directory.group(call.alias)
      const aliases = group ? members(directory, group, runtime.random) : [call.alias]
      const movesOn = (error: unknown): boolean =>
        error instanceof RelayError &&
        (group?.retry_classifier === 'strict' ? STRICT.includes(error.code) : REMEDY[error.code] !== 'fail') &&
        budget.left > 0 &&
        runtime.now() < budget.deadline
      for (const [n, alias] of aliases.entries()) {
        const last = n === aliases.length - 1
        try {
          return await next({ ...call, target: directory.target(alias), kind: n ? 'fallback' : call.kind, alternatives: !last })
        } catch (error) {
          if (last || !movesOn(error)) throw error
        }
      }
      throw new Error('unreachable: a group has members')
    },
  }
}

/** The models of a group in the order in which they are tried, nested groups in their place. */
function members(directory: Directory, group: GroupConfig, random: () => number): string[] {
  const listed = group.members.map((member) => (typeof member === 'string' ? { name: member } : member))
  const models = arrange(listed, group.strategy ?? 'fallback', random).flatMap(({ name }) => {
    const nested = directory.group(name)
    return nested ? members(directory, nested, random) : [name]
  })
  return [...new Set(models)]
}

/** Drawn without replacement, so that what was not drawn first is still there to fall back on. */
function arrange(listed: readonly GroupMember[], strategy: string, random: () => number): readonly GroupMember[] {
  if (strategy === 'fallback') return listed
  const weight = ({ weight = 1 }: GroupMember): number => (strategy === 'weighted' ? weight : 1)
  const left = listed.filter((member) => weight(member) > 0)
  const drawn: GroupMember[] = []
  while (left.length) {
    let at = random() * left.reduce((sum, member) => sum + weight(member), 0)
    const found = left.findIndex((member) => (at -= weight(member)) < 0)
    drawn.push(...left.splice(Math.max(0, found), 1))
  }
  return drawn
}
