// docs/config.md: every catalogue in it loads, and every field of the schema is in it.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { load } from '../../src/yaml.ts'

const page = readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8')
const schema = readFileSync(new URL('../../schema/v1.json', import.meta.url), 'utf8')
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml = '']) => yaml)

describe('docs/config.md', () => {
  test('has examples', () => expect(examples.length).toBeGreaterThan(8))

  test.each(examples)('loads\n%s', (yaml) => {
    const config = load(yaml, { env: (name) => name.toLowerCase().replaceAll('_', '-') })
    expect(Object.keys(config).length).toBeGreaterThan(0)
  })

  test('names every field', () => {
    const fields: string[] = []
    JSON.parse(schema, (_, value: unknown) => {
      if (typeof value === 'object' && value !== null && 'properties' in value) fields.push(...Object.keys(value.properties as object))
      return value
    })
    const missing = [...new Set(fields)].filter((field) => !new RegExp(`\\b${field}\\b`).test(page))
    expect(missing).toEqual([])
  })
})
