/**
 * Relay: a bring-your-own-key client for every LLM. The hub, its errors and its types; providers are doors of their own.
 * @module
 */
export { Hub, type HubOptions, type ModelHandle } from './hub.ts'
export type { ChatStream } from './core/chat-stream.ts'
export type { Explanation, Note } from './core/explain.ts'
export * from './errors.ts'
export type * from './types/call.ts'
export type * from './types/config.ts'
export type * from './types/embed.ts'
export type * from './types/event.ts'
export type * from './types/limits.ts'
export type * from './types/message.ts'
export type * from './types/provider.ts'
export type * from './types/request.ts'
export type * from './types/response.ts'
export type * from './types/runtime.ts'
export type * from './types/tool.ts'
