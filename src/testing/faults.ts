// Where everything goes wrong: a rendered answer and its faults become chunks of bytes, and the way in which they end.
import type { ErrorFacts, Frame } from './endpoint.ts'
import type { Fault, Place } from './script.ts'

/** What goes over the line. */
export interface Broadcast {
  readonly chunks: readonly Uint8Array[]
  /** Milliseconds before each chunk. */
  readonly paceMs: number
  readonly ending: 'close' | 'cut' | 'stall'
}

export interface Rendered {
  readonly frames: readonly Frame[]
  readonly encode: (frame: Frame) => Uint8Array
  readonly reindex: (frame: Frame, change: (index: number) => number | undefined) => Frame
  /** The error that a fault names, as frames, after so many others. */
  readonly failure: (fault: Pick<ErrorFacts, 'message'> | { readonly cause?: string }, sent: number) => readonly Frame[]
  /** True where lines have ends that can be changed. */
  readonly lines: boolean
}

type Fatal = { readonly type: 'cut' | 'stall' | 'end' } & Place

/** A stream, with all that goes wrong in it. */
export function broadcast(rendered: Rendered, faults: readonly Fault[]): Broadcast {
  let frames = rendered.frames
  for (const fault of faults) frames = spoilt(frames, fault, rendered)
  const lines = (bytes: Uint8Array): Uint8Array => rendered.lines ? relined(bytes, faults) : bytes
  const chunks = frames.map((frame) => lines(rendered.encode(frame)))
  const broken = rendered.lines ? undefined : faults.find((fault) => fault.type === 'bad_crc')
  if (broken !== undefined) miscount(chunks[Math.min(indexOf(frames, broken), chunks.length - 1)])
  const stop = faults.find(isFatal)
  if (stop === undefined) return paced(chunks, 'close', faults)
  const closing = frames.findIndex((frame) => frame.closing)
  const fallback = stop.type === 'end' ? (closing < 0 ? frames.length : closing) : indexOf(frames, { content: 1 })
  const bytes = stop.at ?? length(chunks.slice(0, hasPlace(stop) ? indexOf(frames, stop) : fallback))
  return paced(head(chunks, bytes), ending(stop), faults)
}

/** A whole body, with all that goes wrong with it. */
export function wholeBody(body: Uint8Array, faults: readonly Fault[]): Broadcast {
  const stop = faults.find(isFatal)
  if (stop === undefined) return paced([body], 'close', faults)
  const none = (stop.event ?? stop.content) === 0
  return paced(head([body], stop.at ?? (none ? 0 : body.length >> 1)), ending(stop), faults)
}

/** A body that comes when it is asked for, and notices when nobody wants it any more. */
export function play(show: Broadcast, stage: Stage): ReadableStream<Uint8Array> {
  const { signal } = stage
  let next = 0
  let leave = (): void => {}
  const end = (run: () => void): void => {
    leave()
    stage.ended()
    run()
  }
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const abort = (): void => {
        stage.aborted()
        end(() => controller.error(signal?.reason))
      }
      leave = () => signal?.removeEventListener('abort', abort)
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    },
    async pull(controller) {
      await pause(show.paceMs, signal).catch(() => {})
      if (signal?.aborted) return
      const chunk = show.chunks[next++]
      if (chunk !== undefined) {
        stage.sent(chunk.length)
        controller.enqueue(chunk)
      } else if (show.ending === 'close') end(() => controller.close())
      else if (show.ending === 'cut') end(() => controller.error(broken()))
      // A pull that never settles is never repeated: the body stays open until it is cancelled.
      else await new Promise(() => {})
    },
    cancel() {
      stage.aborted()
      end(() => {})
    },
  }, { highWaterMark: 0 })
}

export interface Stage {
  readonly signal: AbortSignal | undefined
  readonly sent: (bytes: number) => void
  readonly aborted: () => void
  readonly ended: () => void
}

/** Waits, unless the signal says otherwise: then it throws the signal's reason. `Infinity` waits for the signal alone. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason)
  if (ms <= 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = Number.isFinite(ms)
      ? setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      : undefined
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/** What `fetch` says when there is nobody at the address. */
export function refused(): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }) })
}

function broken(): TypeError {
  return new TypeError('terminated', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) })
}

/** The frames after one fault that acts on frames. */
function spoilt(frames: readonly Frame[], fault: Fault, rendered: Rendered): readonly Frame[] {
  switch (fault.type) {
    case 'no_index':
      return frames.map((frame) => rendered.reindex(frame, () => undefined))
    case 'duplicate_index':
      return frames.map((frame) => rendered.reindex(frame, () => 0))
    case 'garbage': {
      const i = indexOf(frames, fault)
      const { data = { garbage: true }, event } = frames[Math.min(i, frames.length - 1)] ?? {}
      const whole = JSON.stringify(data)
      // What stands in a frame of bytes is told by the name of its event alone.
      const named = rendered.lines || event === undefined ? {} : { event }
      return [...frames.slice(0, i), { ...named, data: whole.slice(0, whole.length >> 1) }, ...frames.slice(i)]
    }
    case 'error_event': {
      const i = indexOf(frames, fault)
      return [...frames.slice(0, i), ...rendered.failure(fault, i)]
    }
    default:
      return frames
  }
}

function isFatal(fault: Fault): fault is Fatal {
  return fault.type === 'cut' || fault.type === 'stall' || fault.type === 'end'
}

function hasPlace(place: Place): boolean {
  return place.event !== undefined || place.content !== undefined
}

function ending(fault: Fatal): Broadcast['ending'] {
  return fault.type === 'end' ? 'close' : fault.type
}

/** The frame before which a place is. */
function indexOf(frames: readonly Frame[], place: Omit<Place, 'at'>): number {
  if (place.event !== undefined) return Math.min(place.event, frames.length)
  let left = place.content ?? 1
  for (const [i, frame] of frames.entries()) {
    if (frame.closing || (frame.content && left-- === 0)) return i
  }
  return frames.length
}

/** `data: x\n\n` with other line ends, or without its space. */
function relined(bytes: Uint8Array, faults: readonly Fault[]): Uint8Array {
  const has = (type: Fault['type']): boolean => faults.some((fault) => fault.type === type)
  const end = has('crlf') ? '\r\n' : has('cr') ? '\r' : '\n'
  if (end === '\n' && !has('no_space')) return bytes
  const text = new TextDecoder().decode(bytes).replaceAll('\r\n', '\n')
  const tight = has('no_space') ? text.replace(/^(data|event): /gm, '$1:') : text
  return new TextEncoder().encode(tight.replaceAll('\n', end))
}

function paced(chunks: readonly Uint8Array[], ending: Broadcast['ending'], faults: readonly Fault[]): Broadcast {
  let cut = chunks
  let paceMs = 0
  for (const fault of faults) {
    if (fault.type === 'slow') paceMs = fault.ms
    if (fault.type === 'split') cut = slices(joined(chunks), Math.max(1, fault.bytes))
  }
  return { chunks: cut, paceMs, ending }
}

/** The checksum stands at the end of a frame. */
function miscount(frame: Uint8Array | undefined): void {
  if (frame) frame[frame.length - 1] = ~(frame[frame.length - 1] ?? 0)
}

function length(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0)
}

/** The first so many bytes. */
function head(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const kept: Uint8Array[] = []
  for (const chunk of chunks) {
    if (bytes <= 0) break
    kept.push(chunk.subarray(0, bytes))
    bytes -= chunk.length
  }
  return kept
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(length(chunks))
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

function slices(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let i = 0; i < bytes.length; i += size) pieces.push(bytes.slice(i, i + size))
  return pieces
}
