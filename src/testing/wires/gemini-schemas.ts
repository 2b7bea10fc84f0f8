// What Gemini takes of a JSON Schema: one subset for each of the two fields that may hold one.
import type { ErrorFacts, JsonObject } from '../endpoint.ts'
import { list, object, objects, text } from '../read.ts'
import type { Inspect } from './gemini-rules.ts'
import { invalidArgument } from './google-errors.ts'

const OPENAPI = [
  'type', 'format', 'title', 'description', 'nullable', 'enum', 'items', 'minItems', 'maxItems', 'minLength', 'maxLength',
  'minProperties', 'maxProperties', 'minimum', 'maximum', 'pattern', 'properties', 'required', 'propertyOrdering', 'anyOf',
  'default', 'example',
]
const JSON_SCHEMA = [
  '$id', '$defs', '$ref', '$anchor', 'type', 'format', 'title', 'description', 'enum', 'items', 'prefixItems', 'minItems',
  'maxItems', 'minimum', 'maximum', 'anyOf', 'oneOf', 'properties', 'additionalProperties', 'required', 'propertyOrdering',
  'default', 'nullable',
]

/** Of tools, and of the answer. */
export const checkSchemas: Inspect = ({ body }) => {
  for (const [i, tool] of objects(body['tools']).entries()) {
    for (const [j, declared] of objects(tool['functionDeclarations']).entries()) {
      const at = `tools[${i}].function_declarations[${j}]`
      const wrong = declaration(declared, at)
      if (wrong !== undefined) return wrong
    }
  }
  const { responseSchema, responseJsonSchema } = object(body['generationConfig'])
  return beyond(responseSchema, OPENAPI, 'generation_config.response_schema')
    ?? beyond(responseJsonSchema, JSON_SCHEMA, 'generation_config.response_json_schema')
}

function declaration({ name, parameters, parametersJsonSchema }: JsonObject, at: string): ErrorFacts | undefined {
  if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/.test(text(name))) {
    return invalidArgument(`Invalid function name at ${at}.name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.`)
  }
  if (parameters !== undefined && parametersJsonSchema !== undefined) return invalidArgument(`Only one of parameters and parameters_json_schema may be set at ${at}.`)
  const { type, properties } = object(parameters)
  if (/^object$/i.test(text(type)) && Object.keys(object(properties)).length === 0) {
    return invalidArgument(`* GenerateContentRequest.${at}.parameters.properties: should be non-empty for OBJECT type\n`)
  }
  return beyond(parameters, OPENAPI, `${at}.parameters`) ?? beyond(parametersJsonSchema, JSON_SCHEMA, `${at}.parameters_json_schema`)
}

/** The first keyword that is not known, wherever it is. */
function beyond(schema: unknown, known: readonly string[], at: string): ErrorFacts | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined
  const node = object(schema)
  const odd = Object.keys(node).find((keyword) => !known.includes(keyword))
  if (odd !== undefined) return invalidArgument(`Invalid JSON payload received. Unknown name "${odd}" at '${at}': Cannot find field.`, at)
  if (node['$ref'] !== undefined && Object.keys(node).some((keyword) => !keyword.startsWith('$'))) {
    return invalidArgument(`A schema with \`$ref\` may hold no other keyword: ${at}.`, at)
  }
  const inner: readonly (readonly [string, unknown])[] = [
    ...['properties', '$defs'].flatMap((under) => Object.entries(object(node[under])).map(([name, one]) => [`${under}.${name}`, one] as const)),
    ...['anyOf', 'oneOf', 'prefixItems'].flatMap((under) => list(node[under]).map((one, i) => [`${under}[${i}]`, one] as const)),
    ['items', node['items']],
    ['additional_properties', node['additionalProperties']],
  ]
  for (const [step, one] of inner) {
    const wrong = beyond(one, known, `${at}.${step}`)
    if (wrong !== undefined) return wrong
  }
  return undefined
}
