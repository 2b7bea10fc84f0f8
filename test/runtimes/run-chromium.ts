// A real browser: headless Chromium opens a page served from this machine.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium } from 'playwright-core'
import type { Report } from '../portable/kit.ts'
import { bundle } from './bundle.ts'
import { tell } from './tell.mjs'

const quiet = ['gpu', 'quic', 'background-networking', 'component-update', 'sync'].map((part) => `--disable-${part}`)
const script = await bundle('globalThis.report = run(cases)', 'esm', ['browser'])
const server = createServer((request, response) => {
  const html = request.url === '/'
  response.setHeader('content-type', html ? 'text/html; charset=utf-8' : 'text/javascript')
  response.end(html ? '<!doctype html><title>Relay</title><script type="module" src="/suite.js"></script>' : script)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const browser = await chromium.launch({
  executablePath: process.env['RELAY_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--no-first-run', ...quiet],
})
try {
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { waitUntil: 'load' })
  const report = await page.evaluate(async () => (globalThis as unknown as { report?: Promise<Report> }).report)
  if (report === undefined) throw new Error(`the page ran no suite: ${errors.join('; ')}`)
  tell('chromium', report)
} finally {
  await browser.close()
  server.close()
}
