// The house rules, on the whole tree and each on a sample that breaks it.
import { describe, expect, it } from 'vitest'
import * as rules from './rules.ts'
import { files, parse } from './tree.ts'
import type { Rule } from './tree.ts'

const tree = files('src/**/*.ts', 'runtimes/**/*.ts', 'schema/**/*.ts')
const lines = (count: number): string => 'x()\n'.repeat(count)

interface Sample {
  readonly rule: keyof typeof rules
  readonly path?: string
  readonly bad: readonly string[]
  readonly good: readonly string[]
}

const samples: readonly Sample[] = [
  { rule: 'fileLength', bad: [lines(351)], good: [lines(350)] },
  {
    rule: 'functionLength',
    bad: [`function f() {\n${lines(59)}}`, `const f = () => {\n${lines(60)}}`, `class C {\n m() {\n${lines(59)}}\n}`],
    good: [`function f() {\n${lines(58)}}`, `class C {\n a() {\n${lines(40)}}\n b() {\n${lines(40)}}\n}`],
  },
  {
    rule: 'parameterCount',
    bad: ['function f(a, b, c, d) {}', 'const f = (a, b, c, d) => a', 'type F = (a: 1, b: 1, c: 1, d: 1) => void'],
    good: ['function f(this: X, a, b, c) {}'],
  },
  { rule: 'noAny', bad: ['let a: any', 'const a = b as any', 'type A = Record<string, any>'], good: ['// any\nconst any = 1'] },
  {
    rule: 'noRuntimeGlobals',
    bad: ['process.env.X', 'declare const Deno: X', 'f(Bun)', `import fs from 'node:fs'`, `import('cloudflare:workers')`],
    good: ['call.process()', 'const a = { process: 1 }', 'interface A { Buffer: string }'],
  },
  { rule: 'fileNames', path: 'src/core/sendRequest.ts', bad: [''], good: [] },
  { rule: 'fileNames', path: 'src/core/utils.ts', bad: [''], good: [] },
  { rule: 'fileNames', path: 'src/helpers/send.ts', bad: [''], good: [] },
  { rule: 'fileNames', path: 'src/wire/openai-chat.ts', bad: [], good: [''] },
  {
    rule: 'typeNames',
    bad: ['class KeyManager {}', 'interface BaseWire {}', 'interface IWire {}'],
    good: ['interface Image {}', 'type Base = 1', 'interface Item {}'],
  },
  {
    rule: 'opensWithSentence',
    bad: [`import { a } from './a.ts'`, '', '// x\n', '/* eslint-disable */'],
    good: ['// What goes down the wire.\n', '/** What goes down the wire. */\n', '/**\n * What goes down the wire.', '#!/usr/bin/env node\n// A program for people.'],
  },
  {
    rule: 'noDefaultExport',
    bad: ['export default 1', 'export default function () {}', 'export default class {}'],
    good: ['switch (a) { default: b() }', 'export const a = 1'],
  },
  {
    rule: 'plainSyntax',
    bad: ['enum A { B }', '@a class B {}', 'namespace A {}', 'declare global {}', 'class A extends B {}'],
    good: ['class A extends RelayError {}', 'class A implements B {}', 'interface A extends B {}'],
  },
  {
    rule: 'imported',
    bad: [`import { a } from './a'`, `import { a } from './a.js'`, `import './a.ts'`, `import { Hub } from '@relay/core'`],
    good: [`import { a } from './a.ts'`, `import { parse } from 'yaml'`, `import v1 from '../schema/v1.json' with { type: 'json' }`],
  },
  { rule: 'noBarrels', bad: [`export * from './a.ts'`], good: [`export { a } from './a.ts'`, `export * as a from './a.ts'`] },
  { rule: 'quietModule', bad: ['let a = 1', 'start()', 'if (a) b()'], good: ['const a = new Map()', 'function f() { let a = 1 }'] },
  {
    rule: 'oneProvider',
    path: 'src/providers/groq.ts',
    bad: ['', 'export const a = 1\nexport const b = 2', 'export function a() {}', `export { a } from './b.ts'`],
    good: ['export const a: A = 1', 'export interface Options {}\nexport const a = (o: Options): A => o'],
  },
]

describe.each(Object.entries(rules) as [keyof typeof rules, Rule][])('%s', (name, rule) => {
  it('is kept', () => {
    expect(tree.flatMap(rule)).toEqual([])
  })

  const own = samples.filter((sample) => sample.rule === name)

  it('has samples', () => {
    expect(own.some(({ bad }) => bad.length > 0) && own.some(({ good }) => good.length > 0)).toBe(true)
  })

  for (const { path = 'src/core/sample.ts', bad, good } of own) {
    it.each(bad)(`is broken in ${path} by %j`, (text) => {
      expect(rule(parse(path, text))).not.toEqual([])
    })
    it.each(good)(`is kept in ${path} by %j`, (text) => {
      expect(rule(parse(path, text))).toEqual([])
    })
  }
})
