// The portable cases under vitest, on the source: for working on them; `npm run test:runtimes` is the proof.
import { describe, it } from 'vitest'
import { cases } from './all.ts'
import { assert } from './kit.ts'

describe('portable', () => {
  for (const { name, run } of cases) it(name, async () => run(assert))
})
