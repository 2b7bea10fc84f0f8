// Where AWS is: the host of a service in a region.
import { relayError } from '../errors.ts'

/** The domain of every partition but the usual one, by how the names of its regions begin. */
const DOMAINS: { readonly [prefix: string]: string } = {
  'cn-': 'amazonaws.com.cn',
  'eusc-': 'amazonaws.eu',
  'us-iso-': 'c2s.ic.gov',
  'us-isob-': 'sc2s.sgov.gov',
  'us-isof-': 'csp.hci.ic.gov',
  'eu-isoe-': 'cloud.adc-e.uk',
}

/** For example `sts.eu-west-1.amazonaws.com`. */
export function awsHost(service: string, region: string): string {
  // What is written here becomes the host that the request, signed, goes to.
  if (!/^[a-z\d]+(-[a-z\d]+)+$/.test(region)) throw relayError('config', `'${region}' is not an AWS region, such as us-east-1`)
  const prefix = Object.keys(DOMAINS).find((start) => region.startsWith(start)) ?? ''
  return `${service}.${region}.${DOMAINS[prefix] ?? 'amazonaws.com'}`
}

/** The region that an ARN names, or undefined where the text is no ARN or the ARN has none. */
export function arnRegion(text: string): string | undefined {
  return /^arn:[^:]*:[^:]*:([^:]+):/.exec(text)?.[1]
}
