// The schema as the document that editors read.
import { config } from './config.ts'

/** The text of `schema/v1.json`, which `npm run schema` writes. */
export function document(): string {
  const head = {
    // What the editors' YAML language servers know best.
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://unpkg.com/@relay/core/schema/v1.json',
    title: 'Relay catalogue',
  }
  // `$schema` and `x-…` are taken off before a catalogue is checked.
  const extensions = { patternProperties: { '^(\\$schema$|x-)': {} } }
  return `${JSON.stringify({ ...head, ...config, ...extensions }, undefined, 2)}\n`
}
