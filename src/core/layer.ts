// The rings around a call, in the one order that they have.
import { relayError } from '../errors.ts'
import type { Layer, Next, Stage } from '../types/call.ts'

const ORDER: readonly Stage[] = ['redact', 'audit', 'guard', 'cache', 'route', 'limit', 'retry', 'breaker', 'price', 'trace']

/** Folds layers around `send`. The order in which they are listed does not matter; each stage has one layer at most. */
export function pipeline(layers: readonly Layer[], send: Next): Next {
  const stages = layers.map(({ stage }) => stage)
  const twice = stages.find((stage, at) => stages.indexOf(stage) !== at)
  if (twice) throw relayError('config', `two layers were handed in for the stage \`${twice}\`: keep one`)
  const inward = [...layers].sort((a, b) => ORDER.indexOf(a.stage) - ORDER.indexOf(b.stage))
  return inward.reduceRight((next, layer) => layer.wrap(next), send)
}
