// `npm run bench -- NAME…`: speed and size, as ratios to what people would use instead, measured side by side in one run.
import { chat } from './chat.ts'
import { eventstream } from './eventstream.ts'
import { hedge } from './hedge.ts'
import { sign } from './sign.ts'
import { size } from './size.ts'
import { stream } from './stream.ts'

const benches: { readonly [name: string]: () => Promise<void> } = { size, stream, chat, sign, eventstream, hedge }

const names = process.argv.slice(2)
for (const name of names.length ? names : Object.keys(benches)) {
  const bench = benches[name]
  if (!bench) throw new Error(`no such bench: ${name}; there are ${Object.keys(benches).join(', ')}`)
  console.log(`\n== ${name}`)
  await bench()
}
