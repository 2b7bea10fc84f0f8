// Lowering of JSON Schemas: a dialect gets only what it knows, and nothing that could be said otherwise is lost.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lower, type SchemaDialect } from '../../src/json/lower.ts'

const some: SchemaDialect = { keep: ['$ref', '$defs', 'type', 'description', 'properties', 'required', 'items', 'enum', 'anyOf', 'additionalProperties'], loneRefs: true }

describe('lower', () => {
  it.each([
    ['const is a list of one', { const: 'a' }, { enum: ['a'] }],
    ['const that no list takes', { const: null }, { description: 'const: null' }],
    ['oneOf is anyOf', { oneOf: [{ type: 'string', minLength: 1 }] }, { anyOf: [{ type: 'string', description: 'minLength: 1' }] }],
    ['allOf is merged', { required: ['a'], allOf: [{ type: 'object', properties: { a: {} }, required: ['a'] }, { properties: { b: { const: 1 } }, required: ['b'] }] }, { type: 'object', properties: { b: { enum: [1] }, a: {} }, required: ['a', 'b'] }],
    ['draft 7', { $ref: '#/definitions/a', definitions: { a: { type: 'string', pattern: 'x' } } }, { $ref: '#/$defs/a', $defs: { a: { type: 'string', description: 'pattern: "x"' } } }],
    ['a reference stands alone', { $ref: '#/$defs/a', description: 'who' }, { anyOf: [{ $ref: '#/$defs/a' }], description: 'who' }],
    ['what says nothing goes', { title: 'T', default: 1, $schema: 'x', type: 'string' }, { type: 'string' }],
    ['inside everything', { items: { additionalProperties: { format: 'uri' } } }, { items: { additionalProperties: { description: 'format: "uri"' } } }],
    ['booleans are schemas', { additionalProperties: false, items: true }, { additionalProperties: false, items: true }],
    ['a property may be called anything', { properties: { const: { type: 'string' }, format: { minimum: 1 } } }, { properties: { const: { type: 'string' }, format: { description: 'minimum: 1' } } }],
    ['values are not schemas', { enum: [{ const: 1 }] }, { enum: [{ const: 1 }] }],
  ])('%s', (_, schema, lowered) => {
    expect(lower(schema, some)).toEqual(lowered)
  })

  it('says what is gone, and where', () => {
    const gone: string[] = []
    lower({ properties: { a: { items: { maximum: 3 } } }, title: 'T' }, some, (keyword, at) => gone.push(`${at} ${keyword}`))
    expect(gone).toEqual(['#/properties/a/items maximum', '# title'])
  })

  it('keeps what is known, changes nothing of what it was given, and a second time changes nothing', () => {
    const { schema } = fc.letrec<{ schema: object }>((tie) => ({
      schema: fc.oneof({ maxDepth: 3 }, fc.record({ const: fc.constantFrom('a', 1, null), minLength: fc.nat(9) }, { requiredKeys: [] }), fc.record({
        type: fc.constantFrom('string', 'object'),
        const: fc.constantFrom('a', 1, null),
        minLength: fc.nat(9),
        oneOf: fc.array(tie('schema'), { maxLength: 2 }),
        allOf: fc.array(tie('schema'), { maxLength: 2 }),
        items: tie('schema'),
        properties: fc.dictionary(fc.constantFrom('a', 'const', '__proto__x'), tie('schema'), { maxKeys: 2 }),
        $ref: fc.constantFrom('#', '#/definitions/a'),
      }, { requiredKeys: [] })),
    }))
    const known = new Set(some.keep)
    const keywords = (value: unknown, named = false): string[] =>
      typeof value !== 'object' || value === null
        ? []
        : Object.entries(value).flatMap(([key, inner]) => [...(named || Array.isArray(value) ? [] : [key]), ...keywords(inner, key === 'properties' || key === '$defs')])
    fc.assert(
      fc.property(schema, (given) => {
        const before = JSON.stringify(given)
        const lowered = lower(given as { readonly [key: string]: unknown }, some)
        expect(JSON.stringify(given)).toBe(before)
        expect(keywords(lowered).filter((keyword) => !known.has(keyword))).toEqual([])
        expect(lower(lowered, some)).toEqual(lowered)
      }),
    )
  })
})
