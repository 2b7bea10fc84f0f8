// What signing one request to AWS costs: Relay, aws4fetch and AWS's own signer.
import { Sha256 } from '@aws-crypto/sha256-js'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import { AwsV4Signer } from 'aws4fetch'
import { signV4 } from '../src/auth/sigv4.ts'
import { race, ratios } from './measure.ts'

const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const url = 'https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse'
const body = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Tell me about the sky, and the sea. '.repeat(30) }] }] })
const headers = { 'content-type': 'application/json', accept: 'application/json' }
const scope = { service: 'bedrock', region: 'us-east-1' }

export async function sign(): Promise<void> {
  const cache = new Map<string, unknown>()
  const theirs = new Map<string, ArrayBuffer>()
  const official = new SignatureV4({ ...scope, credentials: keys, sha256: Sha256, uriEscapePath: true })
  const { hostname, pathname } = new URL(url)
  const authorizations = new Set<string>()
  const date = Date.UTC(2026, 10, 24, 12)
  const relay = async (): Promise<string> => {
    const request = await signV4({ method: 'POST', url, headers, body }, keys, { ...scope, date, cache })
    return request.headers['authorization'] ?? ''
  }
  const fetcher = async (): Promise<string> => {
    const datetime = '20261124T120000Z'
    const signed = await new AwsV4Signer({ ...keys, ...scope, url, method: 'POST', headers: { ...headers, 'X-Amz-Date': datetime }, body, cache: theirs, datetime }).sign()
    return signed.headers.get('authorization') ?? ''
  }
  const aws = async (): Promise<string> => {
    const request = new HttpRequest({ method: 'POST', protocol: 'https:', hostname, path: pathname, headers: { ...headers, host: hostname }, body })
    return (await official.sign(request, { signingDate: new Date(date) })).headers['authorization'] ?? ''
  }
  for (const one of [relay, fetcher, aws]) authorizations.add(/Credential=[^,]*/.exec(await one())?.[0] ?? '')
  if (authorizations.size !== 1) throw new Error(`the contestants do not sign the same: ${[...authorizations].join(' ')}`)
  const contestants = [
    { name: 'relay', run: repeat(relay) },
    { name: 'aws4fetch', run: repeat(fetcher) },
    { name: '@smithy/signature-v4', run: repeat(aws) },
  ]
  ratios('request', await race(contestants, 1, { count: 200 }))
}

function repeat(work: () => Promise<string>): (count: number) => Promise<void> {
  return async (count) => {
    for (let n = 0; n < count; n++) await work()
  }
}
