// The demo, `npm run demo`: what Relay does in four calls, and one call through each wire. It needs no key: providers are simulated on this machine.
import { fileURLToPath } from 'node:url'
import { RelayError, type Message, type Tool } from '@relay/core'
import { fromYaml } from '@relay/core/node'
import { providers } from '@relay/core/providers'
import { answerLine, attemptLines, bad, giveUp, head, note, quote, row, step } from './show.ts'
import { openWorld } from './world.ts'

// A provider that refuses a key, or is not there, is no bug of the demo: what it says is enough.
process.on('uncaughtException', (error) => giveUp(error instanceof RelayError ? `${error.name}: ${error.message}` : `${error.stack}`))

const file = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))
const world = await openWorld(process.argv.slice(2), process.env)
const hub = await fromYaml(file('models.yaml'), ...world.overlays, { env: world.env })
head(world.about)

step('A chat that streams', `hub.stream('${world.models[0]}')`)
{
  const stream = hub.stream(world.models[0], {
    messages: [{ role: 'user', content: 'Why is the sky blue? One sentence.' }],
  })
  await quote(stream.textStream())
  answerLine(await stream.response())
}

step('A tool call, and its second turn', `hub.chat('${world.models[1]}')`)
{
  const tools: Tool[] = [{
    name: 'get_weather',
    description: 'The weather in a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  }]
  const messages: Message[] = [{ role: 'user', content: 'What is the weather in Paris? Use the tool.' }]
  const first = await hub.chat(world.models[1], { messages, tools })
  for (const { id, name, arguments: given } of first.toolCalls) {
    const result = '21 °C, a light breeze'
    note(`the model calls ${name}(${JSON.stringify(given)}), which says: ${result}`)
    messages.push(first.message, { role: 'tool', content: [{ type: 'tool_result', toolUseId: id, content: result }] })
  }
  answerLine(first)
  const second = await hub.chat(world.models[1], { messages, tools })
  await quote([second.text])
  answerLine(second)
}

step('A provider fails, the next one answers', "hub.stream('any')")
{
  const stream = hub.stream('any', { messages: [{ role: 'user', content: 'Name a colour of the rainbow.' }] })
  await quote(stream.textStream())
  const response = await stream.response()
  // Until its first word an answer can be taken back, also when a 200 and half a connection stood before it.
  attemptLines(response.attempts)
  answerLine(response)
}

step('A stream that breaks is an error, never a short answer', `hub.stream('${world.breaks}')`)
try {
  await quote(hub.stream(world.breaks, { messages: [{ role: 'user', content: 'Tell me a story.' }] }).textStream())
} catch (error) {
  if (!(error instanceof RelayError)) throw error
  bad(`${error.name}: ${error.message}`)
  if (error.partial) answerLine(error.partial, 'kept in error.partial')
}

// The simulator speaks plain HTTP on loopback, which Google's keys are otherwise never sent over.
const plain = providers.map((provider) => ({ ...provider, httpsOnly: false }))
const every = await fromYaml(file('wires.yaml'), world.wires.overlay, { env: world.wires.env, providers: plain })
step('One call through each wire, all simulated', 'hub.stream, .embed, .rerank')
for (const [alias, language] of Object.entries({
  'chat-completions': 'English',
  responses: 'French',
  azure: 'German',
  messages: 'Italian',
  gemini: 'Spanish',
  'vertex-gemini': 'Portuguese',
  'vertex-claude': 'Dutch',
  cohere: 'Swedish',
  converse: 'Polish',
  invoke: 'Turkish',
})) {
  const response = await every.stream(alias, { messages: [{ role: 'user', content: `Say hello in ${language}.` }] }).response()
  row(response, response.text)
}
const documents = ['Snow in Oslo', 'Spring in Paris', 'Rain in Rome']
const vectors = await every.embed('embedding', { input: documents })
row(vectors, `${vectors.embeddings.length} vectors`)
const ranking = await every.rerank('ranking', { query: 'Where is Paris?', documents })
row(ranking, `${ranking.results[0]?.document}`)

await every.close()
await hub.close()
await world.close()
