// How hard each of OpenAI's models thinks, as the reference's matrix has it.

/** How hard a model may think: what it takes, the default first. Undefined where it does not think. */
export function efforts(model: string): readonly string[] | undefined {
  const table: readonly (readonly [RegExp, string])[] = [
    [/^gpt-\d.*-chat-latest/, 'medium'],
    [/^o\d/, 'medium low high'],
    [/^gpt-5-pro/, 'high'],
    [/^gpt-5(-mini|-nano|-codex)?(-\d{4}|$)/, 'medium minimal low high'],
    [/^gpt-5\.1/, 'none low medium high'],
    [/^gpt-5\.[234]/, 'none low medium high xhigh'],
    [/^gpt-5\.5/, 'medium none low high xhigh'],
    [/^gpt-5/, 'medium none low high xhigh max'],
    [/^gpt-6(-astra|\.1-sol)/, 'medium low high xhigh max'],
    [/^gpt-[6-9]/, 'medium none low high xhigh max'],
  ]
  return table.find(([pattern]) => pattern.test(model))?.[1].split(' ')
}
