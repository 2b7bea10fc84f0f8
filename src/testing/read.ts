// Reading a request's JSON, which may hold anything at all.
import type { JsonObject } from './endpoint.ts'

export function object(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as JsonObject : {}
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function objects(value: unknown): readonly JsonObject[] {
  return list(value).map(object)
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** JSON as an object, or the text where it is none. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}
