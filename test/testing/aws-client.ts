// AWS's own client on a simulator: requests go to a `fetch`, and what comes back is handed on as it is.
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import { simulator } from '@relay/core/testing'
import type { Simulator, SimulatorOptions } from '@relay/core/testing'

interface Asked {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body?: BodyInit
}

export function client(options: SimulatorOptions = {}): { readonly sim: Simulator; readonly bedrock: BedrockRuntimeClient } {
  const sim = simulator({ chunk: 3, ...options })
  const handle = async ({ method, protocol, hostname, path, headers, body }: Asked) => {
    const response = await sim.fetch(`${protocol}//${hostname}${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
    return { response: { statusCode: response.status, headers: Object.fromEntries(response.headers), body: response.body } }
  }
  const bedrock = new BedrockRuntimeClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLEEXAMPLE', secretAccessKey: 'a-secret-of-some-length' },
    maxAttempts: 1,
    requestHandler: { handle, destroy: () => {} } as never,
  })
  return { sim, bedrock }
}
