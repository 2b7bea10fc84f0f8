// The published vectors of ../shared/data, where they are there: the suite runs without them elsewhere, and says so.
import { existsSync, readFileSync } from 'node:fs'
import type { Published } from '../portable/published.ts'

export function vectors(): Published | undefined {
  const [sigv4, eventstream] = ['sigv4', 'eventstream'].map((name) => {
    const file = new URL(`../../../shared/data/${name}.json`, import.meta.url)
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as unknown) : undefined
  })
  if (sigv4 && eventstream) return { sigv4, eventstream } as Published
  console.log('the published vectors are SKIPPED: ../shared/data is not there')
  return undefined
}
