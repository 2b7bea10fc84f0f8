// `relay schema`: the JSON Schema of the catalogue, for editors and for checks of your own.
import v1 from '../../schema/v1.json' with { type: 'json' }
import { valueOf, type Command } from './command.ts'
import { OK } from './exit.ts'

export const schema: Command = {
  name: 'schema',
  takes: '',
  summary: 'Print the JSON Schema of the catalogue',
  options: [['-o, --out <file>', 'Write it to a file']],
  examples: [
    ['schema --out relay.schema.json', 'for `# yaml-language-server: $schema=relay.schema.json` atop models.yaml'],
  ],
  async run(given, io) {
    const text = `${JSON.stringify(v1, undefined, 2)}\n`
    const out = valueOf(given, 'out')
    if (out === undefined || out === '-') await io.stdout(text)
    else await io.writeFile(out, text)
    return OK
  },
}
