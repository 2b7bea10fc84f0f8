// Lets a program import `@relay/core/...` from the source, before any build: `node --import ./scripts/source.ts FILE`.
import { registerHooks } from 'node:module'
import { doors, specifier } from './doors.ts'

const sources = new Map(Object.entries(doors()).map(([door, source]) => [specifier(door), new URL(`../${source}`, import.meta.url).href]))

registerHooks({ resolve: (name, context, next) => next(sources.get(name) ?? name, context) })
