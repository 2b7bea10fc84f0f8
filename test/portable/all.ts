// The portable suite: every case in this list runs, unchanged, on every runtime Relay supports.
import answers from './cases/answers.ts'
import catalogues from './cases/catalogues.ts'
import cuts from './cases/cuts.ts'
import endings from './cases/endings.ts'
import failures from './cases/failures.ts'
import kit from './cases/kit.ts'
import providers from './cases/providers.ts'
import routers from './cases/routers.ts'
import simulator from './cases/simulator.ts'
import { collect } from './kit.ts'
import type { Case } from './kit.ts'

export { run } from './kit.ts'

export const cases: Case[] = collect({ kit, answers, cuts, endings, failures, providers, catalogues, routers, simulator })
