// What the doors ask of the place that they run in, but for those that belong to one runtime: looked for in what is built.
import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { doors, specifier } from '../../scripts/doors.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Code from strings, and what only Node, Deno or Bun has. */
const STRANGE = /^(eval|Function|process|Buffer|require|module|global|__dirname|__filename|setImmediate|Deno|Bun)$/

/** Every door that is to run anywhere. One that is added later is among them. */
export function plainDoors(): string[] {
  return Object.entries(doors()).flatMap(([door, source]) => (source.startsWith('./runtimes/') ? [] : [specifier(door)]))
}

/** What is in a door's bundle, dependencies included, that a Worker without Node does not have. */
export async function strangersIn(door: string): Promise<string[]> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export * from '${door}'`, resolveDir: root, loader: 'js' },
    bundle: true,
    write: false,
    metafile: true,
    outdir: '.build',
    format: 'esm',
    platform: 'neutral',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['module', 'main'],
    external: ['node:*', 'cloudflare:*', 'bun', 'bun:*'],
    target: 'es2022',
    tsconfigRaw: {},
    logLevel: 'silent',
  })
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ external }) => external).map(({ path }) => path))
  return [...new Set([...outside, ...strangers(outputFiles[0]!.text)])]
}

/** Names that are not declared in a script and are not a key of something, and keys of the global object. */
export function strangers(text: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && STRANGE.test(node.text) && !isKey(node)) found.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('door.js', text, ts.ScriptTarget.ES2022, true))
  return found
}

function isKey(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node && parent.expression.getText() !== 'globalThis'
  if (ts.isBindingElement(parent)) return parent.propertyName === node
  return (ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent)) && parent.name === node
}
