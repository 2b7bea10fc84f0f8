// Which addresses a key may be sent to: https but on loopback, and no private network unless that is asked for.

/** What a model may do that others may not. */
export interface AddressRules {
  /** Private, link-local and metadata addresses too. */
  readonly allowPrivate?: boolean | undefined
  /** Not even loopback without TLS. */
  readonly httpsOnly?: boolean | undefined
}

/**
 * One sentence: what is wrong with a base URL and what to do; undefined where nothing is. It never quotes the
 * URL, which may hold a secret. Names are not looked up: what a public name resolves to is not known here.
 */
export function checkAddress(baseUrl: string, rules: AddressRules): string | undefined {
  if (!/^https?:\/\/[^\s\\]+$/i.test(baseUrl) || !URL.canParse(baseUrl)) {
    return 'is no http(s) URL: write it as https://host/path'
  }
  if (/[?#]/.test(baseUrl)) return 'holds a query or a fragment: end it with the path, what is sent is appended to it'
  // The same parser that fetch uses: numbers in every base and length arrive here as dotted quads.
  const { protocol, username, password, hostname } = new URL(baseUrl)
  if (username || password) return 'holds a user name or a password: take it out and use `credential`'
  const host = hostname.replace(/\.$/, '')
  const kind = placeOf(host)
  if (protocol === 'http:' && (kind !== 'loopback' || rules.httpsOnly)) {
    return `would send the key to ${host} unencrypted: use https${rules.httpsOnly ? '' : ', or a server on localhost'}`
  }
  if (kind === 'private' && !rules.allowPrivate) {
    return `points at ${host}, which is not a public address: set allow_private_hosts: true if that is meant`
  }
  return undefined
}

/** 'private' is whatever is not surely on the public network. */
export function placeOf(host: string): 'loopback' | 'private' | undefined {
  if (/^(127\.[\d.]+|\[::1]|(.*\.)?localhost|ip6-(localhost|loopback))$/.test(host)) return 'loopback'
  const inside = host[0] === '[' ? insideV6 : /^[\d.]+$/.test(host) ? insideV4 : insideName
  return inside(host) ? 'private' : undefined
}

/**
 * Only 2000::/3 is public, but for 6to4 and Teredo, which carry an IPv4 address of their own. IPv4-mapped and NAT64
 * addresses are outside of it.
 */
function insideV6(host: string): boolean {
  return !/^\[[23]\w{3}:/.test(host) || /^\[200(2|1:0?):/.test(host)
}

/** Private, carrier-grade NAT, link-local with its metadata, benchmarks, multicast, reserved, and one cloud's agent. */
function insideV4(host: string): boolean {
  return /^(0|10|192\.168|192\.0\.0|169\.254|172\.(1[6-9]|2\d|3[01])|198\.1[89]|2(2[4-9]|[345]\d))\./.test(host) ||
    /^(100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|168\.63\.129\.16$)/.test(host)
}

/** Names that clouds answer with the machine's own credentials. */
function insideName(host: string): boolean {
  return /^(metadata|instance-data)(\.|$)/.test(host)
}
