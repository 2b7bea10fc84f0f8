// Tells a failure of the network from a misuse of `fetch`, by what each runtime says of it.

// What undici, Chrome, Firefox, Safari, Bun, Deno and workerd say of a URL or a header that cannot be sent. Whatever else
// `fetch` or a read of its body rejects with is the network's doing: `fetch failed`, `Failed to fetch`, `Load failed`,
// `terminated`, `Network connection lost`, `error sending request`…
const MISUSE = /invalid (url|header|character|value|argument|method)|failed to parse url|url is not valid|bytestring|iso-8859-1|credentials|bad port|illegal/i

/** Whether what `fetch`, or a read of its body, threw says that the network failed. */
export function isNetworkError(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (MISUSE.test(at.message)) return false
  return true
}
