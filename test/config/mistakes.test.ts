// Every kind of mistake gives one error, at its line and column, and none is accepted.
import { describe, expect, test } from 'vitest'
import { load } from '../../src/yaml.ts'
import { mistakes, providers } from './kit.ts'
import { meaning, type Mistake, shape, syntax } from './mistakes.ts'

const env = { KEY: 'secret-of-the-test', EMPTY: '' }

function check([name, marked, message]: Mistake): void {
  test(name, () => {
    const before = marked.slice(0, marked.indexOf('▸')).split('\n')
    expect(marked.split('▸')).toHaveLength(2)
    const text = marked.replace('▸', '')
    const { message: whole, findings } = mistakes(() => load([{ text, file: 'models.yaml' }], { env, providers }))
    const at = `models.yaml:${before.length}:${before.at(-1)!.length + 1}: `
    expect(whole).toContain(at)
    expect(whole.slice(whole.indexOf(at))).toContain(message)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ file: 'models.yaml', line: before.length, column: before.at(-1)!.length + 1 })
    expect(whole).not.toContain('secret-of-the-test')
    expect(whole).not.toContain('sk-proj-abcdefghijkl')
    expect(whole).not.toContain('pass@')
  })
}

describe('YAML', () => syntax.forEach(check))
describe('the shape', () => shape.forEach(check))
describe('the meaning', () => meaning.forEach(check))
