// Three projects: `node` is the whole suite; `edge` and `workerd` repeat the portable cases while you work on them.
// The proof for every runtime is `npm run test:runtimes`, which runs the same cases on the built package.
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { doors, specifier } from './scripts/doors.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// Longest first, so that `@relay/core` does not swallow the doors behind it.
const alias = Object.entries(doors())
  .map(([door, source]) => ({ find: specifier(door), replacement: here(source) }))
  .sort((a, b) => b.find.length - a.find.length)

const portable = ['test/portable/portable.test.ts']

export default defineConfig({
  resolve: { alias },
  test: {
    coverage: { provider: 'istanbul', reporter: ['text-summary'], include: ['src/**', 'runtimes/**'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/runtimes/**', 'test/types/**'],
          environment: 'node',
          pool: 'threads',
          // No test asserts a time: a busy machine may take its own.
          testTimeout: 30_000,
          maxWorkers: 2,
        },
      },
      { extends: true, test: { name: 'edge', include: portable, environment: 'edge-runtime' } },
      {
        extends: true,
        plugins: [cloudflareTest({ miniflare: { compatibilityDate: '2026-10-01' } })],
        test: { name: 'workerd', include: portable },
      },
    ],
  },
})
