// LM Studio: errors that are bare text, and a prompt that is too long told inside a 200.
import { object } from '../read.ts'
import { openaiUsage } from '../wires/chat-dialect.ts'
import type { ChatDialect, Rule } from '../wires/chat-dialect.ts'
import { wrong } from '../wires/openai-chat-rules.ts'
import { localErrors } from './compatible.ts'

const formats: Rule = (body) => {
  const { type } = object(body['response_format'])
  const known = type === undefined || type === 'json_schema' || type === 'text'
  return known ? undefined : wrong("'response_format.type' must be 'json_schema' or 'text'")
}

export const lmstudio: ChatDialect = {
  name: 'lmstudio',
  hosts: ['localhost:1234', '127.0.0.1:1234'],
  keyless: true,
  answerId: (mint) => mint.id('chatcmpl-', 22, 'abcdefghijklmnopqrstuvwxyz0123456789'),
  callId: (mint) => mint.id('', 9, '0123456789'),
  opening: { role: 'assistant' },
  reasoning: (reasoning_content) => ({ reasoning_content }),
  usageAt: 'asked',
  usage: openaiUsage,
  head: (reply) => ({ system_fingerprint: reply.model }),
  message: (message) => ({ tool_calls: [], ...message }),
  body: (body) => ({ ...body, stats: {} }),
  errors: {
    ...localErrors(),
    context_window: {
      status: 400,
      message: 'The number of tokens to keep from the initial prompt is greater than the context length. Try to load the model with a larger context length, or provide a shorter input',
      inside: true,
      means: 'context_window',
    },
    invalid_request: { ...wrong("'response_format.type' must be 'json_schema' or 'text'"), means: 'invalid_request' },
    not_found: { status: 404, message: 'Model "none" not found.', means: 'not_found' },
  },
  failure: ({ message }) => ({ error: message }),
  failureFrames: ({ message }) => [{ event: 'error', data: { error: { message }, message } }],
  rules: [formats],
}
