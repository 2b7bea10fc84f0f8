// Overlays: mappings are merged deeply, everything else is replaced, and null takes away.
import type { Fields } from '../json/merge.ts'
import { fields } from './check.ts'
import type { Place, Sourced } from './place.ts'

/** One source over another. What the result says of a value's place is the file that supplied it. */
export function merge(base: Sourced, overlay: Sourced): Sourced {
  const findings = [...base.findings, ...overlay.findings]
  return { ...mergeValues(base, overlay), findings }
}

interface Placed {
  readonly data: unknown
  readonly place?: Place | undefined
}

function mergeValues(base: Placed, overlay: Placed): Placed {
  const data: Record<string, unknown> = { ...fields(base.data) }
  const inside = new Map(base.place?.inside)
  for (const [key, value] of Object.entries(fields(overlay.data))) {
    const over: Placed = { data: value, place: overlay.place?.inside.get(key) }
    const had = Object.hasOwn(data, key)
    let result = over
    if (had && mergeable(data[key], value)) result = mergeValues({ data: data[key], place: inside.get(key) }, over)
    if (had && value === null) delete data[key]
    else data[key] = result.data
    inside.set(key, result.place ?? { inside: new Map() })
  }
  const place = overlay.place ?? base.place
  return { data, place: place && { ...place, inside } }
}

/** Two mappings of one kind: a credential of another `type` is another thing, not more of the same. */
function mergeable(base: unknown, overlay: unknown): boolean {
  if (!isMapping(base) || !isMapping(overlay)) return false
  const { type } = overlay
  return type === undefined || base['type'] === undefined || type === base['type']
}

function isMapping(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
