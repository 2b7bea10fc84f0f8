// Which addresses a key may be sent to, in every way of writing them.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkAddress } from '../../src/http/address.ts'

const metadata = [169, 254, 169, 254] as const
const PUBLIC = [
  'api.openai.com', 'example.com:8443', '8.8.8.8', '1.1.1.1', '100.63.255.255', '100.128.0.1', '172.15.0.1', '172.32.0.1',
  '192.167.1.1', '192.0.1.1', '198.17.0.1', '198.20.0.1', '223.255.255.255', '169.253.1.1', '9.9.9.9', '11.0.0.1', '126.0.0.1',
  '128.0.0.1', '168.63.129.17', '[2606:4700:4700::1111]', '[2001:4860:4860::8888]', '[3fff::1]', '10.example.com',
  'metadatabase.example.com', 'localhost.example.com', 'mylocalhost',
]
const LOOPBACK = [
  'localhost', 'LOCALHOST', 'localhost.', 'a.localhost', '127.0.0.1', '127.1', '127.255.255.254', '2130706433', '0x7f.1',
  '0177.0.0.1', '[::1]', '[0:0:0:0:0:0:0:1]', 'ip6-localhost', 'ip6-loopback',
]
const PRIVATE = [
  '0.0.0.0', '0', '10.0.0.1', '10.1', '100.64.0.1', '100.127.255.255', '100.100.100.200', '169.254.169.254', '2852039166',
  '0xa9fea9fe', '0xa9.0xfe.0xa9.0xfe', '0251.0376.0251.0376', '169.254.43518', '169.16689662', '169.254.169.254.', '172.16.0.1',
  '172.31.255.255', '192.168.0.1', '192.168.257', '192.0.0.192', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255',
  '168.63.129.16', '①⑥⑨.254.169.254', '%31%36%39.254.169.254', '[::]', '[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]',
  '[::ffff:127.0.0.1]', '[::169.254.169.254]', '[64:ff9b::a9fe:a9fe]', '[64:ff9b:1::1]', '[2002:a9fe:a9fe::]', '[2001::1]',
  '[2001:0:53aa:64c::1]', '[fc00::1]', '[fd00:ec2::254]', '[fe80::1]', '[fec0::1]', '[ff02::1]', 'metadata',
  'metadata.google.internal', 'Metadata.Google.Internal.', 'metadata.azure.internal', 'instance-data', 'instance-data.ec2.internal',
]

describe('checkAddress', () => {
  test.each(PUBLIC)('https://%s is anybody\'s, but not without TLS', (host) => {
    expect(checkAddress(`https://${host}/v1`, {})).toBeUndefined()
    expect(checkAddress(`http://${host}/v1`, { allowPrivate: true })).toContain('unencrypted')
  })

  test.each(LOOPBACK)('%s is this machine', (host) => {
    expect(checkAddress(`http://${host}:11434/v1`, {})).toBeUndefined()
    expect(checkAddress(`https://${host}:11434/v1`, { httpsOnly: true })).toBeUndefined()
    expect(checkAddress(`http://${host}:11434/v1`, { httpsOnly: true, allowPrivate: true })).toContain('use https')
  })

  test.each(PRIVATE)('%s is fenced', (host) => {
    expect(checkAddress(`https://${host}/v1`, {})).toContain('allow_private_hosts: true')
    expect(checkAddress(`https://${host}/v1`, { allowPrivate: true })).toBeUndefined()
    expect(checkAddress(`http://${host}/v1`, { allowPrivate: true })).toContain('unencrypted')
  })

  test.each([
    '', 'api.openai.com', '//api.openai.com', 'ftp://api.openai.com', 'file:///etc/passwd', 'javascript:alert(1)', 'https://',
    'https:api.openai.com', ' https://api.openai.com', 'https://api.openai.com ', 'https://api.openai.com\n', 'https://a b/',
    'https:\\\\api.openai.com', 'https://api.openai.com\\@evil.example', 'https://1.2.3.4.5', 'https://256.256.256.256', 'https://[::1',
    'https://a\tb.example',
  ])('%j is no address', (url) => {
    expect(checkAddress(url, { allowPrivate: true })).toContain('is no http(s) URL')
  })

  test.each(['https://user:hunter2@api.example', 'https://user@api.example', 'https://:hunter2@api.example'])(
    '%s names a user, and is not quoted',
    (url) => {
      const wrong = checkAddress(url, { allowPrivate: true })
      expect(wrong).toContain('`credential`')
      expect(wrong).not.toContain('hunter2')
    },
  )

  test.each(['https://api.example/v1?key=hunter2', 'https://api.example/#x', 'https://api.example?'])('%s has more than a path', (url) => {
    const wrong = checkAddress(url, {})
    expect(wrong).toContain('query or a fragment')
    expect(wrong).not.toContain('hunter2')
  })

  test('however an IPv4 address is written, it is judged as the same', () => {
    const part = fc.integer({ min: 0, max: 255 })
    const base = fc.constantFrom(8, 10, 16)
    const written = (value: number, radix: number): string => `${radix === 8 && value ? '0' : radix === 16 ? '0x' : ''}${value.toString(radix)}`
    const address = fc.oneof(fc.tuple(part, part, part, part), fc.constant(metadata))
    fc.assert(fc.property(address, fc.integer({ min: 1, max: 4 }), fc.array(base, { minLength: 4, maxLength: 4 }), (bytes, count, bases) => {
      const head = bytes.slice(0, count - 1)
      const tail = bytes.slice(count - 1).reduce((sum, byte) => sum * 256 + byte, 0)
      const host = [...head, tail].map((value, i) => written(value, bases[i]!)).join('.')
      expect(checkAddress(`https://${host}/`, {})).toBe(checkAddress(`https://${bytes.join('.')}/`, {}))
    }))
  })

  test('an IPv4 address inside an IPv6 one never gets past the fence', () => {
    fc.assert(fc.property(fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 255 }))), (bytes) => {
      const [a, b, c, d] = bytes as [number, number, number, number]
      const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
      for (const host of [`::ffff:${bytes.join('.')}`, `::${hex}`, `64:ff9b::${hex}`, `2002:${hex}::`, `2001:0:${hex}::`]) {
        const wrong = checkAddress(`https://[${host}]/`, {})
        if (host === '::0:1') continue // loopback
        expect(wrong).toContain('allow_private_hosts')
      }
    }))
  })
})
