// schema/v1.json is what the schema makes, and says of every field what the type's own comment says.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { document } from '../../schema/build.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

interface Schema {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: unknown
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly const?: unknown
}

const schema = JSON.parse(document()) as Schema

/** Every object of the schema that has fields. */
function objects(node: Schema): Schema[] {
  const inner = [
    ...Object.values(node.properties ?? {}),
    ...Object.values(node.patternProperties ?? {}),
    ...(node.anyOf ?? []),
    ...(node.items ? [node.items] : []),
  ].flatMap(objects)
  return node.properties ? [node, ...inner] : inner
}

/** The interfaces of the hand-written type: field to comment, inherited ones too. */
function interfaces(): Map<string, Map<string, string>> {
  const found = new Map<string, Map<string, string>>()
  const limits = read('src/types/limits.ts').replace(/export interface (?!\w+Config)[\s\S]*?\n\}/g, '')
  const source = read('src/types/config.ts') + limits
  for (const [, name = '', above, body = ''] of source.matchAll(/export interface (\w+)(?: extends (\w+))? \{\n([\s\S]*?)\n\}/g)) {
    const fields = new Map(found.get(above ?? ''))
    for (const [, comment = '', field = ''] of body.matchAll(/(?:\/\*\* ([^\n]*) \*\/\n {2})?readonly (\w+)\??:/g)) fields.set(field, comment)
    found.set(name, fields)
  }
  return found
}

test('schema/v1.json is up to date: npm run schema writes it', () => {
  expect(read('schema/v1.json')).toBe(document())
})

test('it says what it is, and takes no field that nobody knows', () => {
  expect(schema).toMatchObject({ $schema: expect.any(String), $id: expect.any(String), title: expect.any(String) })
  // The parameters of models and those of members.
  const open = objects(schema).filter(({ additionalProperties }) => additionalProperties !== false)
  expect(open.map(({ properties }) => Object.keys(properties!)[0])).toEqual(['max_tokens', 'max_tokens'])
})

test('every field has a sentence', () => {
  for (const object of objects(schema)) {
    expect(object.description, Object.keys(object.properties!).join()).toMatch(/\.$/)
    for (const [name, field] of Object.entries(object.properties!)) {
      if (field.const !== undefined && name === 'type') continue
      expect(field.description, name).toMatch(/\.$/)
    }
  }
})

test('the sentences are those of the type', () => {
  const types = interfaces()
  expect(types.size).toBe(24)
  const byFields = new Map([...types].map(([name, fields]) => [[...fields.keys()].sort().join(), name]))
  const seen = new Set<string>()
  for (const { properties } of objects(schema)) {
    const name = byFields.get(Object.keys(properties!).sort().join())
    expect(name, `an interface with ${Object.keys(properties!).join()}`).toBeDefined()
    seen.add(name!)
    for (const [field, comment] of types.get(name!)!) {
      if (field !== 'type') expect(`${name}.${field}: ${properties![field]!.description}`).toBe(`${name}.${field}: ${comment}`)
    }
  }
  // The clocks stand in models and in defaults.
  expect([...types.keys()].filter((name) => !seen.has(name))).toEqual(['TimeoutsConfig'])
})
