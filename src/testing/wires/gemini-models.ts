// What each Gemini model takes, as the reference's table has it.

/** How a model is told to think: by a budget within these bounds, or by one of these levels. Undefined where it does not. */
export type ThinkingRules =
  | { readonly least: number; readonly most: number; readonly off: boolean }
  | { readonly levels: readonly string[] }

const FAMILIES: readonly (readonly [RegExp, ThinkingRules])[] = [
  [/gemini-3-pro-image/, { least: 128, most: 32_768, off: false }],
  [/gemini-2\.5-pro/, { least: 128, most: 32_768, off: false }],
  [/gemini-2\.5-flash-lite/, { least: 512, most: 24_576, off: true }],
  [/gemini-2\.5/, { least: 0, most: 24_576, off: true }],
  [/gemini-3-pro/, { levels: ['low', 'high'] }],
  [/gemini-3\.1-pro/, { levels: ['low', 'medium', 'high'] }],
  [/gemini-3-flash|gemini-3\.[15]-flash-lite|gemini-3\.[56]-flash/, { levels: ['minimal', 'low', 'medium', 'high'] }],
  [/gemini-4-hydrogen/, { levels: ['low', 'medium', 'high', 'xhigh'] }],
  [/gemini-3\.[789]-flash|gemini-flash-latest/, { levels: ['low', 'medium', 'high'] }],
]

export function thinkingOf(model: string): ThinkingRules | undefined {
  return FAMILIES.find(([pattern]) => pattern.test(model))?.[1]
}

/** 2.5, 3, 3.8…; 0 for a model of another family. */
export function generationOf(model: string): number {
  if (model.includes('gemini-flash-latest')) return 3.7
  return Number(/gemini-(\d+(?:\.\d+)?)/.exec(model)?.[1] ?? 0)
}
