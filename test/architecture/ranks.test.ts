// Imports go only down the ranks, so that a folder can be understood without the ones above it.
import { describe, expect, it } from 'vitest'
import { at, files, imports, parse, target } from './tree.ts'
import type { Rule } from './tree.ts'

/** From the ground up. Within a rank a folder sees itself and what is below, never its neighbours. */
const ladder: readonly (readonly string[])[] = [
  // What the package says of itself.
  ['package.json'],
  // The nouns, and the errors that name some of them.
  ['src/types', 'src/errors.ts'],
  ['src/http', 'src/auth', 'src/secrets', 'src/json', 'schema', 'snapshot'],
  // These two meet only in the Provider value that a user passes in.
  ['src/wire', 'src/core'],
  ['src/providers', 'src/layers', 'src/stores', 'src/sinks', 'src/routing', 'src/pricing'],
  ['src/config', 'src/catalog', 'src/structured', 'src/tools', 'src/batch', 'src/mcp'],
  ['src/hub.ts'],
  ['src/index.ts', 'src/yaml.ts', 'src/sources.ts', 'src/hono', 'src/interop', 'src/testing'],
  // What the runtimes' doors share.
  ['src/load.ts'],
  ['runtimes'],
  // A program for Node: it starts from the Node door.
  ['src/cli'],
]

/** One room: the errors are made of the nouns and some nouns carry an error. */
const oneRoom = new Set(['src/types', 'src/errors.ts'])

function room(path: string): { readonly name: string; readonly rank: number } | undefined {
  for (const [rank, names] of ladder.entries()) {
    const name = names.find((candidate) => path === candidate || path.startsWith(`${candidate}/`))
    if (name !== undefined) return { name, rank }
  }
  return undefined
}

const onlyDown: Rule = (file) => {
  const here = room(file.path)
  if (here === undefined) return [`${file.path}: has no rank; give its folder a place in the ladder`]
  const wrong: string[] = []
  for (const { node, specifier } of imports(file)) {
    if (!specifier.startsWith('.')) continue
    const there = room(target(file, specifier))
    if (there === undefined) wrong.push(at(file, node, `imports ${specifier}, which has no rank`))
    else if (there.name === here.name || (oneRoom.has(here.name) && oneRoom.has(there.name))) continue
    else if (there.rank === here.rank) wrong.push(at(file, node, `${here.name} imports its neighbour ${there.name}`))
    else if (there.rank > here.rank) wrong.push(at(file, node, `${here.name} imports upwards, from ${there.name}`))
  }
  return wrong
}

describe('ranks', () => {
  it('imports go only down', () => {
    expect(files('src/**/*.ts', 'runtimes/**/*.ts', 'schema/**/*.ts').flatMap(onlyDown)).toEqual([])
  })

  it.each([
    ['src/core/send.ts', `import { x } from '../wire/openai-chat.ts'`, 'its neighbour src/wire'],
    ['src/wire/gemini.ts', `import type { X } from '../core/send.ts'`, 'its neighbour src/core'],
    ['src/types/call.ts', `export type X = import('../http/sse.ts').X`, 'upwards'],
    ['src/layers/cache.ts', `export * from '../hub.ts'`, 'upwards'],
    ['src/hub.ts', `export const load = () => import('../runtimes/node.ts')`, 'upwards'],
    ['src/odds/ends.ts', ``, 'has no rank'],
    ['src/hub.ts', `import { x } from './odds/ends.ts'`, 'has no rank'],
  ])('%s: %s', (path, text, what) => {
    expect(onlyDown(parse(path, text)).join()).toContain(what)
  })

  it('lets imports go down, and stay at home', () => {
    expect(onlyDown(parse('src/wire/gemini.ts', `import '../http/sse.ts'; import './dialect.ts'`))).toEqual([])
    expect(onlyDown(parse('src/errors.ts', `import type { X } from './types/response.ts'`))).toEqual([])
  })
})
