// What each family of models takes, as the body shows it.
import { describe, expect, it } from 'vitest'
import type { Reasoning } from '../../src/types/request.ts'
import { familyOf } from '../../src/wire/anthropic-models.ts'
import { encodingOf, sent, targetOf } from './anthropic-fixtures.ts'
import { anthropic } from '../../src/providers/anthropic.ts'

describe('names', () => {
  it.each([
    ['claude-opus-4-8', 'opus-408'],
    ['claude-sonnet-4-5-20250929', 'sonnet-405'],
    ['us.anthropic.claude-opus-4-6-v1', 'opus-406'],
    ['anthropic.claude-3-haiku-20240307-v1:0', 'haiku-300'],
    ['claude-opus-4-20250514', 'opus-400'],
    ['claude-sonnet-4-0', 'sonnet-400'],
    ['claude-opus-4-5@20251101', 'opus-405'],
    ['anthropic/claude-sonnet-4.5', 'sonnet-405'],
    ['claude-3-7-sonnet-latest', 'sonnet-307'],
    ['claude-opus-4-10', 'opus-410'],
    ['claude-2.1', '-201'],
    ['claude-mythos-preview', 'mythos-Infinity'],
    ['gpt-5', undefined],
  ])('%s', (name, key) => {
    expect(familyOf(name).key).toBe(key)
  })
})

const adaptive = (effort: string): object => ({ thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort } })
const budget = (budget_tokens: number): object => ({ thinking: { type: 'enabled', budget_tokens } })

describe('thinking', () => {
  it.each<readonly [string, Reasoning, object]>([
    ['claude-fable-5-2', 'high', adaptive('high')],
    ['claude-fable-5-2', 'none', { output_config: { effort: 'low' } }],
    ['claude-opus-5-5', 'xhigh', adaptive('xhigh')],
    ['claude-opus-5-5', 20_000, adaptive('xhigh')],
    ['claude-sonnet-5-5', 'none', { thinking: { type: 'between_tools' } }],
    ['claude-haiku-5-5', 'none', { thinking: { type: 'disabled' } }],
    ['claude-opus-5', 'none', { thinking: { type: 'disabled' } }],
    ['claude-opus-5', 'minimal', adaptive('low')],
    ['claude-sonnet-5', 3000, adaptive('medium')],
    ['claude-opus-4-8', 'none', {}],
    ['claude-opus-4-7', 'xhigh', adaptive('xhigh')],
    ['claude-opus-4-6', 'xhigh', adaptive('high')],
    ['claude-sonnet-4-6', 'medium', adaptive('medium')],
    ['claude-sonnet-4-6', 5000, budget(5000)],
    ['claude-opus-4-5', 'high', budget(16_384)],
    ['claude-sonnet-4-5', 'none', {}],
    ['claude-haiku-4-5', 'minimal', budget(1024)],
    ['claude-haiku-4-5', 100, budget(1024)],
    ['claude-3-7-sonnet-20250219', 'xhigh', budget(32_000)],
    ['claude-3-5-haiku-latest', 'high', {}],
    ['claude-saga-9', 'high', adaptive('high')],
    ['deepseek-chat', 'low', budget(2048)],
  ])('%s %s', (model, reasoning, want) => {
    const { thinking, output_config } = sent({ reasoning }, model).body
    expect({ thinking, output_config }).toEqual(want)
  })

  it('leaves half of a small output to the answer, and is left out where there is no room', () => {
    const budgets = [1024, 1025, 3000, 20_000].map((maxTokens) => sent({ reasoning: 'high', maxTokens }).body.thinking?.budget_tokens)
    expect(budgets).toEqual([undefined, 1024, 1500, 10_000])
    expect(sent({ reasoning: 9000, maxTokens: 4000 }).body.thinking?.budget_tokens).toBe(3999)
  })

  it('with a budget gives way to a forced tool, and to a tool loop that began without it', () => {
    const tools = [{ name: 'look' }]
    expect(sent({ reasoning: 'low', tools, toolChoice: 'required' }).body.thinking).toBeUndefined()
    expect(sent({ reasoning: 'low', tools, toolChoice: 'required' }, 'claude-opus-4-8').body.thinking).toBeDefined()
    const use = { type: 'tool_use', id: 'a', name: 'look', input: {} } as const
    const thought = { type: 'thinking', text: 'h', signature: 's' } as const
    const result = { role: 'tool', content: [{ type: 'tool_result', toolUseId: 'a', content: 'r' }] } as const
    const began = [{ role: 'user', content: 'q' }, { role: 'assistant', content: [use] }, result] as const
    const thoughtful = [{ role: 'user', content: 'q' }, { role: 'assistant', content: [thought, use] }, result] as const
    expect(sent({ reasoning: 'low', messages: began }).body.thinking).toBeUndefined()
    expect(sent({ reasoning: 'low', messages: thoughtful }).body.thinking).toBeDefined()
    expect(sent({ reasoning: 'low', messages: [...began, { role: 'assistant', content: 'a' }, { role: 'user', content: 'n' }] }).body.thinking).toBeDefined()
  })
})

describe('sampling', () => {
  const all = { temperature: 0.3, topP: 0.9, topK: 5 }

  it.each([
    ['claude-opus-5-5', all, {}],
    ['claude-opus-4-7', { temperature: 1 }, {}],
    ['claude-sonnet-4-6', all, { temperature: 0.3, top_k: 5 }],
    ['claude-sonnet-4-5', { topP: 0.9 }, { top_p: 0.9 }],
    ['claude-sonnet-4-5', { temperature: 1.7 }, { temperature: 1 }],
    ['claude-sonnet-4-5', { temperature: 0 }, { temperature: 0 }],
    ['claude-3-5-haiku-latest', all, { temperature: 0.3, top_p: 0.9, top_k: 5 }],
    ['claude-sonnet-4-5', { ...all, reasoning: 'low' as const }, {}],
    ['claude-sonnet-4-5', { temperature: 1, reasoning: 'low' as const }, { temperature: 1 }],
    ['claude-sonnet-4-5', { topP: 0.97, reasoning: 'low' as const }, { top_p: 0.97 }],
  ])('%s %j', (model, request, want) => {
    const { temperature, top_p, top_k } = sent(request, model).body
    expect({ temperature, top_p, top_k }).toEqual(want)
  })

  it('is gone in the newer version of the API, whatever the model', () => {
    const target = targetOf('claude-sonnet-4-5', anthropic, { api_version: '2026-10-21' })
    const { body, headers } = anthropic.wire.encode(encodingOf(all, target))
    expect(headers).toEqual({ 'anthropic-version': '2026-10-21' })
    expect(body).toMatchObject({ temperature: undefined, top_p: undefined, top_k: undefined })
  })

  it('says what it leaves out', () => {
    expect(sent({ ...all, seed: 1 }, 'claude-opus-5').notes).toEqual(['seed', 'temperature', 'topP', 'topK'])
    expect(sent(all).notes).toEqual(['topP'])
  })
})

describe('the rest', () => {
  it('max_tokens is the most that the model writes, unless the catalogue or the request says otherwise', () => {
    const most = (model: string): number => sent({}, model).body.max_tokens as number
    expect(['claude-opus-4-8', 'claude-haiku-4-5', 'claude-opus-4-1', 'claude-3-5-haiku-latest', 'claude-3-haiku-20240307'].map(most)).toEqual([128_000, 64_000, 32_000, 8192, 4096])
    const target = targetOf('claude-opus-4-8', anthropic, { capabilities: { max_output: 777 } })
    expect(anthropic.wire.encode(encodingOf({}, target)).body).toMatchObject({ max_tokens: 777 })
    expect(anthropic.wire.encode(encodingOf({ maxTokens: 5 }, target)).body).toMatchObject({ max_tokens: 5 })
  })

  it.each([
    ['claude-opus-5-5', false],
    ['claude-fable-5-1', false],
    ['claude-sonnet-5-5', false],
    ['claude-haiku-5-5', true],
    ['claude-opus-5', true],
    ['claude-sonnet-4-5', true],
  ])('%s can be made to call a tool: %s', (model, can) => {
    const ask = (): unknown => sent({ tools: [{ name: 'look' }], toolChoice: 'required' }, model)
    if (can) expect(ask).not.toThrow()
    else expect(ask).toThrow(expect.objectContaining({ code: 'unsupported' }))
  })
})
