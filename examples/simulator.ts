// Every provider on a loopback port, answering with an echo: `npm run simulator`, or with another port behind `--`.
import { simulator } from '@relay/core/testing'
import { serve } from '@relay/core/testing/server'

const { url } = await serve(simulator().fetch, { port: Number(process.argv[2] ?? 4010) })
console.log(`providers are simulated at ${url}/openai/v1, ${url}/anthropic, ${url}/groq/openai/v1 …`)
