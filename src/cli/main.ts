#!/usr/bin/env node
// The program `relay`: binds the commands to the process that runs them, in Node, Deno or Bun.
import { readFile, writeFile } from 'node:fs/promises'
import { INTERRUPTED } from './exit.ts'
import type { Io, Write } from './io.ts'
import { run } from './run.ts'

const walk = new AbortController()
let gone = false

/** A reader that went away (`| head`) is no mistake: nothing more is written, and what runs is told to stop. */
function writer(stream: NodeJS.WriteStream): Write {
  stream.on('error', () => {
    gone = true
    walk.abort(new DOMException('nobody reads', 'AbortError'))
  })
  return (text) => new Promise((resolve) => (gone ? resolve() : stream.write(text, () => resolve())))
}

async function everything(): Promise<string> {
  process.stdin.setEncoding('utf8')
  let text = ''
  for await (const chunk of process.stdin) text += String(chunk)
  return text
}

const io: Io = {
  stdout: writer(process.stdout),
  stderr: writer(process.stderr),
  stdin: everything,
  terminal: { stdin: !!process.stdin.isTTY, stdout: !!process.stdout.isTTY, stderr: !!process.stderr.isTTY },
  env: (name) => process.env[name],
  readFile: (path) => readFile(path, 'utf8'),
  writeFile: (path, text) => writeFile(path, text),
  interrupted() {
    // Once: whoever presses it again wants out now.
    process.once('SIGINT', () => walk.abort(new DOMException('interrupted', 'AbortError')))
    return walk.signal
  },
}

const code = await run(process.argv.slice(2), io)
// What was broken off because nobody reads is well; what had gone wrong by itself is not.
process.exitCode = gone && code === INTERRUPTED ? 0 : code
