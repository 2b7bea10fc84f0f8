// A page that asks with the key that its user types in. The key stays in this page: it is stored nowhere.
import { Hub } from '@relay/core'
import { openai } from '@relay/core/providers/openai'

const form = document.querySelector('form')
const answer = document.querySelector('#answer')
const numbers = document.querySelector('#numbers')
let control = new AbortController()

form.stop.onclick = () => control.abort()
form.onsubmit = async (event) => {
  event.preventDefault()
  control = new AbortController()
  answer.textContent = numbers.textContent = ''
  try {
    const fast = { target: 'openai/gpt-4.1-mini', base_url: form.address.value }
    const hub = new Hub({ models: { fast } }, { providers: [openai], env: { OPENAI_API_KEY: form.key.value } })
    const stream = hub.stream('fast', { messages: [{ role: 'user', content: form.prompt.value }], signal: control.signal })
    for await (const text of stream.textStream()) answer.textContent += text
    const { usage, latencyMs } = await stream.response()
    numbers.textContent = `${usage.totalTokens} tokens, ${Math.round(latencyMs)} ms`
  } catch (error) {
    numbers.textContent = `${error.name}: ${error.message}`
  }
}
