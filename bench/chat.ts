// What one call that does not stream costs each client.
import { clients } from './clients.ts'
import { race, ratios } from './measure.ts'
import { repeat } from './stream.ts'
import { whole } from './traffic.ts'

export async function chat(): Promise<void> {
  const contestants = clients.map(({ name, chat }) => ({ name, run: repeat(chat(whole)) }))
  ratios('call', await race(contestants, 1, { count: 200 }))
}
