// What a provider is: a value that holds one company's facts and the wire that it speaks.
import type { ErrorDetails, RelayError } from '../errors.ts'
import type { CredentialObject, ModelConfig } from './config.ts'
import type { EmbedWire, RerankWire } from './embed.ts'
import type { Delta } from './event.ts'
import type { Media } from './message.ts'
import type { ChatRequest } from './request.ts'

/** One deployment of one model, ready to be asked. */
export interface Target {
  readonly alias: string
  readonly provider: Provider
  /** The provider's name for the model: the target after its first slash. */
  readonly model: string
  /** Without a slash at the end. */
  readonly baseUrl: string
  readonly config: ModelConfig
  /** The groups through which it was chosen, the outermost first. */
  readonly groups?: readonly string[] | undefined
}

/** What a wire is handed to encode, and to decode the answer with. */
export interface Encoding {
  readonly mode: 'chat' | 'stream'
  /** The request, with the model's default parameters filled in. */
  readonly request: ChatRequest
  /** Default parameters of the model that Relay has no name for: they go into the body as they are. */
  readonly extra: { readonly [field: string]: unknown }
  readonly target: Target
  /** Says that a field was dropped, rewritten or defaulted, and why. */
  readonly note: (field: string, why: string) => void
  /** What every error about this request says of it. */
  readonly details: ErrorDetails
  /** What stands at an address, as bytes. Undefined where it was not fetched yet: then the request is encoded once more. */
  readonly reach?: (url: string) => Media | undefined
}

/** A request before it is signed. */
export interface WireRequest {
  /** Appended to the base URL; begins with a slash, and may hold a query. */
  readonly path: string
  readonly headers?: { readonly [name: string]: string }
  /** Sent as JSON. */
  readonly body: { readonly [field: string]: unknown }
}

/** A request that is about to be sent. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PUT'
  readonly url: string
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string }
  readonly body?: string
}

/** Cuts bytes into frames, whatever the way in which they arrive. */
export interface Framer {
  /** Calls the sink once for each frame that is complete with these bytes. */
  push(bytes: Uint8Array): void
  /** The body has ended: hands over a last frame that was left open. True when bytes were left that are no frame. */
  end(): boolean
}

/** Takes a frame: its payload as text, and the name of its event, or '' where it has none. */
export type FrameSink = (data: string, event: string) => void

/** How a stream is cut into frames. */
export interface Framing {
  /** What a stream's content type begins with. */
  readonly contentType: string
  readonly framer: (sink: FrameSink) => Framer
}

/** Turns one stream's frames into deltas. Throws a RelayError where a frame says that the call failed. */
export interface Decoder {
  /**
   * True where the text of a text, thinking or arguments delta is one string of its frame, unchanged, and nothing else
   * that the decoder does depends on what that string says. Frames that differ in it alone are then not parsed.
   */
  readonly verbatim?: boolean
  /** A field that stands last in its frames and holds random letters and digits that mean nothing. */
  readonly padding?: string | undefined
  frame(data: string, event: string): readonly Delta[]
  /** The body has ended: what was held back, and `done` where the end of the body is the end of the answer. */
  end(): readonly Delta[]
}

/** An answer that is not a success. */
export interface Failure {
  readonly status: number
  /** The body as it came. */
  readonly text: string
  /** The body as JSON, or undefined where it is none. */
  readonly json: unknown
  /** The answer's headers: some servers name the kind of failure nowhere else. */
  readonly headers?: Headers | undefined
  /** What is known of the failure already, `retryAfterMs` and `requestId` from the headers included. */
  readonly details: ErrorDetails
}

/** A dialect that providers speak: pure functions between Relay's types and a wire's JSON. */
export interface Wire {
  readonly name: string
  readonly framing: Framing
  readonly encode: (encoding: Encoding) => WireRequest
  /** A whole body to deltas, `done` last. Throws a RelayError where the body says that the call failed. */
  readonly decode: (body: unknown, encoding: Encoding, headers?: Headers) => readonly Delta[]
  readonly decoder: (encoding: Encoding) => Decoder
  readonly fault: (failure: Failure) => RelayError
}

/** Where credentials of some types come from, by type: each is handed the entry of the catalogue that names it. */
export interface SecretSources {
  readonly [type: string]: ((config: CredentialObject) => Promise<Credential>) | undefined
}

/** A secret, resolved. */
export type Credential =
  | { readonly type: 'key'; readonly value: string }
  | { readonly type: 'token'; readonly value: string; readonly expiresAt?: number }
  | {
    readonly type: 'aws'
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
    readonly expiresAt?: number
  }

/** What signing needs besides the request and the secret. */
export interface SignContext {
  readonly target: Target
  /** Milliseconds since 1970, by the server's clock as far as it is known. */
  readonly now: number
  /** The hub's, for what is derived from secrets at some cost: values, never promises. */
  readonly cache: Map<string, unknown>
}

/** One company, or one kind of server. */
export interface Provider {
  /** What stands before the slash in a model's `target`. */
  readonly name: string
  /** The `api_style` that this value speaks. A model without one takes the first provider of its name. */
  readonly style?: NonNullable<ModelConfig['api_style']>
  readonly wire: Wire
  /** How it is asked for embeddings. Absent where it has none. */
  readonly embed?: EmbedWire
  /** How it is asked to rank documents. Absent where it does not. */
  readonly rerank?: RerankWire
  /** Where it is, unless the model's `base_url` says otherwise: a URL, or how to build it from the model's entry. */
  readonly baseUrl?: string | ((config: ModelConfig, model: string) => string)
  /** Variables that may hold the key, the first that is set counts. */
  readonly env: readonly string[]
  /** The credential, where it takes several variables. Asked where none of `env` is set. */
  readonly credential?: (read: (name: string) => Promise<string | undefined>) => Promise<Credential | undefined>
  /** Where the key comes from when neither the catalogue nor a variable says: what the surroundings hold. */
  readonly ambient?: CredentialObject
  /** Whether a failure says that the clocks differ. It is sent once more then, by the server's clock. */
  readonly skewed?: (error: RelayError) => boolean
  /** True where a server may need no key at all. */
  readonly keyless?: boolean
  /** True where not even loopback may be spoken to without TLS. */
  readonly httpsOnly?: boolean
  /** Fields of the body that not every server knows: one that refuses a request because of one of them is asked without. */
  readonly optional?: readonly string[]
  /** False where a model that is shown the beginning of its answer does not go on from there, but answers anew. */
  readonly prefill?: false
  /** Tells by its name whether a model does so where others go on. */
  readonly anew?: Pick<RegExp, 'test'>
  readonly sign: (request: HttpRequest, credential: Credential, context: SignContext) => HttpRequest | Promise<HttpRequest>
}
