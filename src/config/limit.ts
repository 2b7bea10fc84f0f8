// How large a catalogue may be: the bounds that keep every walk over one short and off the end of the stack.

/** Deeper than any catalogue. */
export const DEEPEST = 64
/** Values once aliases are expanded; a bomb of nine lines makes a thousand million. */
export const MOST = 100_000
