// The portable suite: every case in this list runs, unchanged, on every runtime Relay supports.
import answers from './cases/answers.ts'
import catalogues from './cases/catalogues.ts'
import clouds from './cases/clouds.ts'
import cuts from './cases/cuts.ts'
import endings from './cases/endings.ts'
import failures from './cases/failures.ts'
import kit from './cases/kit.ts'
import providers from './cases/providers.ts'
import routers from './cases/routers.ts'
import simulator from './cases/simulator.ts'
import vectors from './cases/vectors.ts'
import { collect } from './kit.ts'
import type { Case } from './kit.ts'

export { collect, run } from './kit.ts'
export { published } from './published.ts'

export const cases: Case[] = collect({ kit, answers, cuts, endings, failures, providers, clouds, vectors, catalogues, routers, simulator })
