// What the workerd runner looks for in every door is seen when it is there.
import { describe, expect, it } from 'vitest'
import { strangers } from '../runtimes/doors.ts'

describe('strangers', () => {
  it.each([
    'new Function(code)',
    'const run = Function(code)',
    '(0, eval)(code)',
    'typeof process === "object"',
    'globalThis.Buffer.from(a)',
    'const { env } = process',
    'f({ require })',
    'Deno.env.get(a)',
  ])('are seen in %s', (text) => {
    expect(strangers(text)).toHaveLength(1)
  })

  it.each(['call.process()', 'const a = { process: 1, eval() {} }', '"new Function"', 'const { process: it } = a', '// eval(code)', 'class A { module = 1 }'])('are not keys or words: %s', (text) => {
    expect(strangers(text)).toEqual([])
  })
})
