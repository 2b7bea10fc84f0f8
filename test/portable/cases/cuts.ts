// The parity law: however a stream's bytes are cut, it folds to what the whole body decodes to.
import type { ChatResponse } from '@relay/core'
import type { Answer, Fault } from '@relay/core/testing'
import type { Cases } from '../kit.ts'
import { HELLO, stage, WEATHER } from '../stage.ts'

const RICH: Answer = {
  thinking: 'Zwölf Boxkämpfer… 思考中 🤔',
  text: 'Ünïcödé “quotes”, a\nnewline, a \\ backslash, {"json": [1, 2]} and 👩‍👩‍👧‍👦.',
  toolCalls: [
    { name: 'get_weather', arguments: { city: 'São Paulo' } },
    { name: 'get_weather', arguments: { city: '東京' } },
  ],
  usage: { inputTokens: 40, outputTokens: 60 },
}

const SPLITS: readonly number[] = [1, 7, 64]
const LINES: { readonly [name: string]: readonly Fault[] } = { LF: [], CRLF: [{ type: 'crlf' }], CR: [{ type: 'cr' }], 'no space': [{ type: 'no_space' }] }

/** Everything but when, and by which attempts. */
function essence({ latencyMs: _, createdAt: __, attempts: ___, ...rest }: ChatResponse): object {
  return rest
}

const cases: Cases = (t) => {
  for (const alias of ['openai', 'deepseek', 'anthropic']) {
    const reasoning = alias === 'anthropic' ? { reasoning: 2048, maxTokens: 4096 } : undefined
    const request = { ...HELLO, tools: [WEATHER], ...reasoning }
    const answer = alias === 'openai' ? { ...RICH, thinking: '' } : RICH
    for (const bytes of SPLITS) {
      t.test(`${alias}: ${bytes} bytes at a time, whatever the line ends`, async (assert) => {
        const whole = essence(await stage(answer).hub.chat(alias, request))
        for (const [name, fault] of Object.entries(LINES)) {
          const { hub } = stage({ ...answer, fault: [{ type: 'split', bytes }, ...fault] })
          assert.deepEqual(essence(await hub.stream(alias, request).response()), whole, name)
        }
      })
    }
  }
}

export default cases
