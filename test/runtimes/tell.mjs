// How every runner ends: one line of counts, the failures with their names, and an exit code. Plain JavaScript for Node 20.
/**
 * @param {string} runtime
 * @param {{ passed: number, failures: readonly { name: string, error: string }[] }} report
 */
export function tell(runtime, { passed, failures }) {
  for (const { name, error } of failures) console.log(`  not ok: ${runtime}: ${name}\n    ${error}`)
  console.log(`${runtime}: ${passed} passed, ${failures.length} failed`)
  if (failures.length > 0 || passed === 0) process.exitCode = 1
}
