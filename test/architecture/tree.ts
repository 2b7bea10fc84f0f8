// The project's own files as the architecture tests see them: paths from the root, text, and the compiler's syntax tree.
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const root: string = fileURLToPath(new URL('../../', import.meta.url))

export interface SourceFile {
  readonly path: string
  readonly text: string
  readonly ast: ts.SourceFile
}

/** A rule looks at one file and says what is wrong with it, one line each, `path:line: what`. */
export type Rule = (file: SourceFile) => string[]

/** Also how a rule is tried on a bad sample: the path decides which house rules apply to it. */
export function parse(path: string, text: string): SourceFile {
  return { path, text, ast: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) }
}

export function files(...patterns: readonly string[]): SourceFile[] {
  const paths = globSync([...patterns], { cwd: root }).map((path) => path.replaceAll('\\', '/'))
  return paths.sort().map((path) => parse(path, read(path)))
}

export function read(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8')
}

export function nodes(file: SourceFile): ts.Node[] {
  const found: ts.Node[] = []
  const visit = (node: ts.Node): void => {
    found.push(node)
    ts.forEachChild(node, visit)
  }
  visit(file.ast)
  return found
}

export function at(file: SourceFile, node: ts.Node, what: string): string {
  const { line } = file.ast.getLineAndCharacterOfPosition(node.getStart(file.ast))
  return `${file.path}:${line + 1}: ${what}`
}

export interface Import {
  readonly node: ts.Node
  readonly specifier: string
  /** Gone after compilation: `import type`, `export type`, or `import('x')` in a type. */
  readonly typeOnly: boolean
}

export function imports(file: SourceFile): Import[] {
  const found: Import[] = []
  const add = (node: ts.Node, name: ts.Node | undefined, typeOnly: boolean): void => {
    if (name !== undefined && ts.isStringLiteralLike(name)) found.push({ node, specifier: name.text, typeOnly })
  }
  for (const node of nodes(file)) {
    if (ts.isImportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword)
    } else if (ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.isTypeOnly)
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], false)
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, true)
    }
  }
  return found
}

/** The path that a relative import means, from the root. */
export function target(file: SourceFile, specifier: string): string {
  return new URL(specifier, `file:///${file.path}`).pathname.slice(1)
}
