// The limits that a catalogue names, for the hub.
export { rulesOf } from '../layers/rules.ts'
