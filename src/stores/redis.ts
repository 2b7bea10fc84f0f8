/**
 * Counts in Redis, over HTTP in the protocol that Upstash speaks: one request for each reservation and settlement.
 * @module
 */
import { relayError } from '../errors.ts'
import { checkAddress } from '../http/address.ts'
import type { LimitStore } from '../types/limits.ts'
import type { FetchLike } from '../types/runtime.ts'
import { slotOf, SOON_MS } from './ledger.ts'

export interface RedisOptions {
  /** `https://NAME.upstash.io`, or whatever speaks its protocol. */
  readonly url: string
  readonly token: string
  /** What keys begin with. Default `relay`. */
  readonly prefix?: string
  /** Default: the global `fetch`. */
  readonly fetch?: FetchLike
  /** Whose clock counts. Default `redis`: the callers' may differ. */
  readonly clock?: 'redis' | 'caller'
  /** Lets `url` be a private address. Default false. */
  readonly allowPrivateHosts?: boolean
}

/**
 * The ledger's arithmetic, in the server, where nobody comes between: see `ledger.ts`, which it follows line by line.
 * KEYS: the hold, then the counts. ARGV: the question as JSON, and the caller's clock or ''.
 */
const SCRIPT = `
local ask, now = cjson.decode(ARGV[1]), tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local function add(account, ends, used, held)
  local slots, at = {}, #account + 1
  for i = #account, 1, -1 do if account[i][1] >= ends then at = i end end
  for i, slot in ipairs(account) do slots[i] = slot end
  local mine = slots[at]
  if mine and mine[1] == ends then
    slots[at] = { ends, mine[2] + used, math.max(0, mine[3] + held) }
    if slots[at][2] == 0 and slots[at][3] == 0 then table.remove(slots, at) end
  elseif used ~= 0 or held > 0 then
    table.insert(slots, at, { ends, used, math.max(0, held) })
  end
  return slots
end
local function read(key)
  local text = redis.call('GET', key)
  return text and cjson.decode(text) or {}
end
local function write(key, account, ms)
  if #account == 0 then redis.call('DEL', key)
  else redis.call('SET', key, cjson.encode(account), 'PX', math.max(math.ceil(ms), redis.call('PTTL', key))) end
end
local hold = redis.call('GET', KEYS[1])
if ask.used then
  for _, part in ipairs(hold and cjson.decode(hold) or {}) do
    local key, ends, amount, ms = part[1], part[2], part[3], part[4]
    local used = 0
    for i, value in ipairs(ask.used) do if KEYS[i + 1] == key then used = math.max(0, value) end end
    write(key, add(read(key), ends, used, -amount), ms)
  end
  redis.call('DEL', KEYS[1])
  return {}
end
if hold then return {} end
local accounts, longest, full, sooner = {}, -1, nil, 0
for i, quota in ipairs(ask.quotas) do
  local limit, window, amount, slot = quota[1], quota[2], quota[3], quota[4]
  local account, total, held = {}, amount, 0
  for _, it in ipairs(read(KEYS[i + 1])) do
    if it[1] > now and (window == 0 or it[1] <= now + 2 * window + slot) then
      account[#account + 1] = it
      total = total + it[2] + it[3]
      held = held + it[3]
    end
  end
  accounts[i] = account
  local over = total - limit
  if over > 0 then
    local wait, left = ask.soon, over
    if window > 0 then
      for _, it in ipairs(account) do
        left = left - it[2] - it[3]
        if left <= 0 then wait = it[1] - now break end
      end
    end
    if amount > limit then return { i, -1, 0 } end
    if wait > longest then longest, full, sooner = wait, i, (held >= over or window == 0) and 1 or 0 end
  end
end
if full then return { full, math.ceil(longest), sooner } end
local parts = {}
for i, quota in ipairs(ask.quotas) do
  local window, amount, slot = quota[2], quota[3], quota[4]
  local ends = (math.floor((now + (window > 0 and window or ask.ttl)) / slot) + 1) * slot
  write(KEYS[i + 1], add(accounts[i], ends, 0, amount), ends - now)
  parts[i] = { KEYS[i + 1], ends, amount, ends - now }
end
redis.call('SET', KEYS[1], cjson.encode(parts), 'PX', math.ceil(ask.ttl))
return {}`


/** How often Redis is asked in all when the connection fails. Nothing is counted twice. */
const TRIES = 2

/** @throws ConfigError where the token would travel unencrypted. */
export function redisStore({ url, token, prefix = 'relay', fetch, clock = 'redis', allowPrivateHosts }: RedisOptions): LimitStore {
  const wrong = checkAddress(url, { allowPrivate: allowPrivateHosts })
  if (wrong) throw relayError('config', `the store's url ${wrong}`)
  const send = fetch ?? ((input, init) => globalThis.fetch(input, init))
  const secrets = [token]
  const post = async (body: string): Promise<unknown> => {
    const init = { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body, redirect: 'manual' } as const
    for (let left = TRIES; ; left--) {
      const response = await send(url, init).catch((cause: unknown) => {
        if (left <= 1) throw relayError('network', `Redis cannot be reached: ${String(cause)}`, { secrets })
      })
      if (!response) continue
      const raw = await response.text()
      const { result, error = raw } = parsed(raw)
      if (response.ok && result !== undefined) return result
      throw relayError('server_error', `Redis answered ${response.status}: ${error}`, { status: response.status, raw, secrets })
    }
  }
  // In braces, so that all keys of a call are in one place of a cluster.
  const keyOf = (kind: string, name: string): string => `{${prefix}}:${kind}:${name}`
  const evaluate = (id: string, keys: readonly string[], args: readonly string[]): Promise<unknown> => {
    const all = [keyOf('hold', id), ...keys.map((key) => keyOf('count', key))]
    return post(JSON.stringify(['EVAL', SCRIPT, all.length, ...all, ...args]))
  }
  return {
    async reserve(id, quotas, { now, ttlMs }) {
      const asked = quotas.map(({ limit, windowMs, amount }) => [limit, windowMs, amount, slotOf(windowMs)])
      const ask = JSON.stringify({ quotas: asked, ttl: ttlMs, soon: SOON_MS })
      const answer = await evaluate(id, quotas.map(({ key }) => key), [ask, clock === 'caller' ? String(now) : ''])
      const [at, ms = 0, sooner] = answer as readonly number[]
      if (at === undefined) return { ok: true }
      return { ok: false, key: quotas[at - 1]?.key ?? '', retryAfterMs: ms < 0 ? Infinity : ms, sooner: sooner === 1 }
    },
    async settle(id, used) {
      await evaluate(id, Object.keys(used), [JSON.stringify({ used: Object.values(used) }), ''])
    },
  }
}

function parsed(raw: string): { readonly result?: unknown; readonly error?: string } {
  try {
    return JSON.parse(raw) as { readonly result?: unknown; readonly error?: string }
  } catch {
    return {}
  }
}
