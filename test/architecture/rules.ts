// The house rules that a compiler does not know, each a function from a file to what is wrong with it.
import ts from 'typescript'
import { at, imports, nodes } from './tree.ts'
import type { Rule, SourceFile } from './tree.ts'

const longestFile = 350
const longestFunction = 60
const mostParameters = 3

/** Where a runtime's own API is at home. */
const mayTouchRuntimes = (path: string): boolean => path.startsWith('runtimes/') || path.startsWith('src/cli/')

export const fileLength: Rule = ({ path, text }) => {
  const lines = text.trimEnd().split('\n').length
  return lines > longestFile ? [`${path}:${lines}: longer than ${longestFile} lines`] : []
}

export const functionLength: Rule = (file) => {
  const line = (position: number): number => file.ast.getLineAndCharacterOfPosition(position).line
  return nodes(file)
    .filter((node) => ts.isFunctionLike(node) && 'body' in node && node.body !== undefined)
    .filter((node) => line(node.end) - line(node.getStart(file.ast)) + 1 > longestFunction)
    .map((node) => at(file, node, `a function longer than ${longestFunction} lines`))
}

export const parameterCount: Rule = (file) =>
  nodes(file)
    .filter((node) => ts.isFunctionLike(node))
    .filter((node) => node.parameters.filter((one) => one.name.getText(file.ast) !== 'this').length > mostParameters)
    .map((node) => at(file, node, `more than ${mostParameters} parameters; take an object`))

export const noAny: Rule = (file) =>
  nodes(file)
    .filter((node) => node.kind === ts.SyntaxKind.AnyKeyword)
    .map((node) => at(file, node, '`any`; take unknown and narrow it'))

export const noRuntimeGlobals: Rule = (file) => {
  if (mayTouchRuntimes(file.path)) return []
  const named = nodes(file).filter((node) => ts.isIdentifier(node) && /^(process|Deno|Bun|Buffer|require)$/.test(node.text))
  const wrong = named.filter((node) => !isOnlyAKey(node)).map((node) => at(file, node, `${node.getText(file.ast)} outside runtimes/`))
  const foreign = imports(file).filter(({ specifier }) => /^(node|bun|cloudflare|jsr|npm|https?):/.test(specifier))
  return [...wrong, ...foreign.map(({ node, specifier }) => at(file, node, `${specifier} outside runtimes/`))]
}

/** `call.process` and `{ process: 1 }` name a field, not the global. */
function isOnlyAKey(node: ts.Node): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  return 'name' in parent && parent.name === node && !ts.isVariableDeclaration(parent) && !ts.isShorthandPropertyAssignment(parent)
}

export const fileNames: Rule = ({ path }) => {
  const wrong = path.split('/').filter((part) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?(\.d)?(\.[a-z]+)?$/.test(part))
  const vague = path.split('/').filter((part) => /^(utils?|helpers?|common|misc|shared|lib)(\.ts)?$/.test(part))
  return [...wrong.map((part) => `${path}: ${part} is not kebab-case`), ...vague.map((part) => `${path}: ${part} says nothing`)]
}

export const typeNames: Rule = (file) =>
  nodes(file)
    .filter((node) => ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node) || ts.isTypeAliasDeclaration(node))
    .filter((node) => /Manager$|^Base[A-Z]|^I[A-Z][a-z]/.test(node.name?.text ?? ''))
    .map((node) => at(file, node, `${node.name?.text}: no Manager, Base…, I…`))

export const opensWithSentence: Rule = ({ path, text }) => {
  const [first = '', second = ''] = text.replace(/^#!.*\n/, '').split('\n')
  const sentence = first === '/**' ? second.replace(/^ \* /, '// ') : first.replace(/^\/\*\*/, '//')
  return /^\/\/ [A-Z`0-9].{8,}/.test(sentence) ? [] : [`${path}:1: does not open with a sentence that says what it is`]
}

export const noDefaultExport: Rule = (file) =>
  nodes(file)
    .filter((node) => ts.isExportAssignment(node) || node.kind === ts.SyntaxKind.DefaultKeyword && ts.isFunctionLike(node.parent))
    .concat(nodes(file).filter((node) => ts.isClassDeclaration(node) && has(node, ts.SyntaxKind.DefaultKeyword)))
    .map((node) => at(file, node, 'a default export; give it a name'))

function has(node: ts.Node, modifier: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((one) => one.kind === modifier)
}

export const plainSyntax: Rule = (file) => {
  const named = (node: ts.Node): string | undefined => {
    if (ts.isEnumDeclaration(node)) return 'an enum; take a union of strings'
    if (ts.isDecorator(node)) return 'a decorator'
    if (ts.isModuleDeclaration(node)) return 'a namespace or ambient module; JSR refuses it'
    if (ts.isClassLike(node)) return inheritance(file, node)
    return undefined
  }
  return nodes(file).flatMap((node) => (named(node) === undefined ? [] : [at(file, node, named(node)!)]))
}

function inheritance(file: SourceFile, node: ts.ClassLikeDeclaration): string | undefined {
  const clause = (node.heritageClauses ?? []).find((one) => one.token === ts.SyntaxKind.ExtendsKeyword)
  const parent = clause?.types[0]?.expression.getText(file.ast)
  return parent === undefined || parent.endsWith('Error') ? undefined : `extends ${parent}; only errors inherit`
}

export const imported: Rule = (file) => {
  const own = imports(file).filter(({ specifier }) => specifier.startsWith('.'))
  const endless = own.filter(({ specifier }) => !/\.(ts|json)$/.test(specifier))
  const effects = imports(file).filter(({ node }) => ts.isImportDeclaration(node) && node.importClause === undefined)
  const doors = imports(file).filter(({ specifier }) => specifier.startsWith('@relay/core'))
  return [
    ...endless.map(({ node, specifier }) => at(file, node, `${specifier} has no .ts ending, which Deno needs`)),
    ...effects.map(({ node, specifier }) => at(file, node, `imports ${specifier} for its side effects`)),
    ...doors.map(({ node, specifier }) => at(file, node, `imports its own package by name, ${specifier}`)),
  ]
}

export const noBarrels: Rule = (file) => {
  if (/^src\/(index|providers\/index|testing\/index)\.ts$/.test(file.path)) return []
  return nodes(file)
    .filter((node) => ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && node.exportClause === undefined)
    .map((node) => at(file, node, 'export * from; no barrels but the root and providers/'))
}

/** What runs on import: on Workers it may do no I/O and read no time, and a mutable binding is shared by all requests. */
export const quietModule: Rule = (file) => {
  if (file.path.startsWith('src/cli/')) return []
  return file.ast.statements
    .filter((node) => ts.isExpressionStatement(node) || isLet(node) || ts.isIfStatement(node) || ts.isForOfStatement(node))
    .map((node) => at(file, node, 'module level holds functions and constants only'))
}

function isLet(node: ts.Node): boolean {
  return ts.isVariableStatement(node) && (node.declarationList.flags & ts.NodeFlags.Const) === 0 && !has(node, ts.SyntaxKind.DeclareKeyword)
}

export const oneProvider: Rule = (file) => {
  if (!/^src\/providers\/(?!index\.ts|facts\/)/.test(file.path)) return []
  const exported = file.ast.statements.flatMap((node) => {
    if (ts.isExportDeclaration(node)) return node.isTypeOnly ? [] : ['a re-export']
    if (!has(node, ts.SyntaxKind.ExportKeyword)) return []
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return []
    return ts.isVariableStatement(node) ? node.declarationList.declarations.map(() => 'const') : ['no const']
  })
  return exported.join() === 'const' ? [] : [`${file.path}: exports ${exported.join(', ') || 'nothing'}; one company, one const`]
}
