// Tells a failure of the network from a fault of the program, by what each runtime's `fetch` says of it.

// undici, Chrome, Firefox, Safari, Safari 17, Bun, Deno, workerd.
const MESSAGES =
  /fetch failed|failed to fetch|networkerror|load failed|network connection was lost|unable to connect|error sending request|terminated|socket|connection|econn|epipe|enotfound|etimedout|dns|tls|certificate|other side closed|premature close|body stream|aborted/i

/** Whether what `fetch`, or a read of its body, threw says that the network failed. */
export function isNetworkError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return error instanceof TypeError || MESSAGES.test(`${error.message} ${code}`) || (error.cause !== error && isNetworkError(error.cause))
}
