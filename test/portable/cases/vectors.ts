// Signatures and frames against values that other implementations gave.
import type { Cases } from '../kit.ts'
import { published, type SigV4Vector } from '../published.ts'

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const SCOPE = '20261122/us-east-1/bedrock/aws4_request'

/** A request of 2026-11-22 at noon, with the keys that AWS's own documents use. */
function vector(name: string, request: Pick<SigV4Vector['request'], 'path' | 'query'>, expect: { readonly canonical: string; readonly hash: string; readonly signature: string }): SigV4Vector {
  return {
    name,
    request: { ...request, method: 'GET', headers: [['Host', 'bedrock.us-east-1.amazonaws.com']], body: '' },
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', sessionToken: null },
    region: 'us-east-1',
    service: 'bedrock',
    timestamp: '2026-11-22T12:00:00Z',
    normalize_path: true,
    sign_body_header: false,
    expect: {
      canonical_request: `GET\n${expect.canonical}\nhost:bedrock.us-east-1.amazonaws.com\nx-amz-date:20261122T120000Z\n\nhost;x-amz-date\n${EMPTY}`,
      string_to_sign: `AWS4-HMAC-SHA256\n20261122T120000Z\n${SCOPE}\n${expect.hash}`,
      signature: expect.signature,
    },
  }
}

const cases: Cases = published({
  sigv4: [
    vector('a path that is encoded already', { path: '/model/a.b-v1%3A0/x', query: '' }, { canonical: '/model/a.b-v1%253A0/x\n', hash: 'd8a5926444fb1fbf32026f4c5375f9b2e4c83846d5a3ad12274cb719352562c3', signature: '7021073904b7cf7bcd8b81d51eb69772b619210503af9dfc0ef140d6cbff6585' }),
    vector('a query out of order', { path: '/foundation-models', query: 'b=2&a=x%20y&a=1' }, { canonical: '/foundation-models\na=1&a=x%20y&b=2', hash: '90496d3b3ae5787ab3784603e548ef49bce3e967dafb366fe264800164e0955e', signature: '091de768c06b60ec8859e679dba28e9bd6b44011f52da5ff8d46b9da9544507e' }),
  ],
  eventstream: {
    positive: [
      { name: 'an empty message', hex: '000000100000000005c248eb7d98c8ff', payload_hex: '' },
      {
        name: 'headers of all ten types',
        hex: '000000600000004e6d74c4b3017400016601016202ff017303fffe016904fffffffd016c05fffffffffffffffc017806000200ff017907000368c3a9017a080000019b76daa800017509000102030405060708090a0b0c0d0e0f6f6bdd79eb72',
        payload_hex: '6f6b',
      },
    ],
    negative: [
      { name: 'a prelude with a wrong bit', hex: '000000110000000005c248eb7d98c8ff' },
      { name: 'a message with a wrong bit', hex: '000000100000000005c248eb7d98c8fe' },
      { name: 'a length of 4 GB', hex: 'ffffffff0000000005c248eb7d98c8ff' },
    ],
    exceptions: [
      {
        name: 'an exception',
        after_frames_hex:
          '0000007f000000529bc598af0b3a6576656e742d7479706507000c6d65737361676553746172740d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b2270223a226162222c22726f6c65223a22617373697374616e74227d362c6c18',
        hex: '00000090000000618e91a9b70f3a657863657074696f6e2d747970650700137468726f74746c696e67457863657074696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070009657863657074696f6e7b226d657373616765223a22546f6f206d616e79207265717565737473227de67f8005',
      },
    ],
    streams: [],
  },
})

export default cases
