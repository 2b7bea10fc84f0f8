// The portable suite: every case in this list runs, unchanged, on every runtime Relay supports.
import kit from './cases/kit.ts'
import { collect } from './kit.ts'
import type { Case } from './kit.ts'

export { run } from './kit.ts'

export const cases: Case[] = collect({ kit })
