// Takes the code out of the documents, so that what they say is compiled, run and compared.
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../../', import.meta.url))

export interface Block {
  readonly file: string
  /** Of its first line. */
  readonly line: number
  readonly language: string
  readonly code: string
  /** What an HTML comment right above the block says: `given: …` is code that readers have written elsewhere. */
  readonly note: string
}

/** Every document that users read. */
export function documents(): string[] {
  return globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], { cwd: root, exclude: (path) => path.includes('node_modules') }).sort()
}

export function blocksOf(file: string, text: string = readFileSync(`${root}${file}`, 'utf8')): Block[] {
  const found: Block[] = []
  for (const match of text.matchAll(/(?:<!-- ([^]*?) -->\n)?^```(\w+)[^\n]*\n([^]*?)^```$/gm)) {
    const [whole, note = '', language = '', code = ''] = match
    const before = text.slice(0, match.index + whole.indexOf(`\`\`\`${language}`))
    found.push({ file, line: before.split('\n').length + 1, language, code, note })
  }
  return found
}

export function allBlocks(language: string): Block[] {
  return documents().flatMap((file) => blocksOf(file)).filter((block) => block.language === language)
}

/** What readers have at hand already, by the name that blocks call it. */
const AT_HAND: { readonly [name: string]: string } = {
  hub: `import { hub } from '../../test/docs/world.ts'`,
  config: `declare const config: import('@relay/core').RelayConfig`,
  env: `declare const env: { readonly [name: string]: string }`,
}

/** A block as a module of its own. One that asks a `hub` which it does not make is given the one of world.ts. */
export function moduleOf(block: Block): string {
  const [, given = ''] = /^given: ([^]*)$/.exec(block.note) ?? []
  const borrowed = Object.keys(AT_HAND).filter((name) => borrows(block, name)).map((name) => AT_HAND[name])
  return `${[...borrowed, given, block.code].join('\n')}\nexport {}\n`
}

/** Whether the block uses the name and does not bring it. A name behind a dot or before a colon is a field's. */
function borrows({ code, note }: Pick<Block, 'code' | 'note'>, name: string): boolean {
  const plain = code.replace(/\/\/.*$/gm, '').replace(/'[^'\n]*'/g, "''")
  const used = new RegExp(`(?<![.\\w$])${name}\\b(?!\\s*:)`).test(plain)
  const brought = new RegExp(`(const|let|function)\\s+(\\{[^}]*\\b)?${name}\\b|import[^']*\\b${name}\\b[^']*from|\\(([^()]*, )?${name}\\b[^()]*\\)[^=]*(=>|\\{)|\\b${name}: \\w+[,)]`).test(`${plain}\n${note}`)
  return used && !brought
}

/** Whether it can be run here: it brings its simulated provider, or asks the one of world.ts. */
export function runs(block: Block): boolean {
  if (block.note.startsWith('not run')) return false
  return /from '@relay\/core\/testing'/.test(block.code) || borrows(block, 'hub')
}

/** What the block says that it prints: the comment behind a `console.log`. */
export function promised({ code }: Block): string[] {
  return [...code.matchAll(/console\.log\(.*\) +\/\/ (.*)$/gm)].map(([, said = '']) => said.trim())
}

/** A name that is a file's, and leads back to the document. */
export function nameOf({ file, line }: Block): string {
  return `${file.replace(/\W/g, '-')}-${line}`
}
