// The errors of one wire as they go out, for whoever wants to see them all.
import type { CatalogueEntry, ErrorFacts, ErrorTable } from './endpoint.ts'

interface Speaker {
  readonly wire: string
  readonly dialect: string
  readonly errors: ErrorTable
  readonly body: (facts: ErrorFacts) => unknown
  readonly headers?: { readonly [name: string]: string }
}

export function entriesOf({ wire, dialect, errors, body: say, headers }: Speaker): CatalogueEntry[] {
  return Object.entries(errors).map(([cause, facts]) => {
    const body = say(facts)
    const isText = typeof body === 'string'
    return {
      wire,
      dialect,
      cause,
      status: facts.status,
      headers: { 'content-type': isText ? 'text/html; charset=utf-8' : 'application/json', ...headers, ...facts.headers },
      body: isText ? body : JSON.stringify(body),
      means: facts.means,
    }
  })
}
