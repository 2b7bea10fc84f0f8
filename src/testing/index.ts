// The door `./testing`: a provider that answers by script, so that an app can be tested without one.
export type { CatalogueEntry, Question, Turn } from './endpoint.ts'
export type { SimulatedRequest } from './record.ts'
export type {
  Answer, AnswerBlock, AnswerError, AnswerFilter, AnswerToolCall, AnswerVerdicts, ErrorCause, Fault, Place, RetryHint,
} from './script.ts'
export { errorCatalogue, simulator } from './simulator.ts'
export type { Script, Scripted, Simulator, SimulatorOptions } from './simulator.ts'
