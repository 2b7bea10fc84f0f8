// Where AWS is: the host of a service in a region.
import { relayError } from '../errors.ts'
import type { ModelConfig } from '../types/config.ts'

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

/** How to build the address of a service from a model's entry: see `awsRegion`. */
export function awsUrl(service: string): (config: ModelConfig, model: string) => string {
  return (config, model) => `https://${awsHost(service, awsRegion(config, model))}`
}

/** The region that a model is in; an address of one's own may tell it too, or the profile that it is asked with. */
export function awsRegion({ region, base_url = '', credential }: ModelConfig, model: string): string {
  const profile = typeof credential === 'object' && credential.type === 'aws_profile' ? credential.region : undefined
  const found = region ?? arnRegion(model) ?? /[./]([a-z]{2,}(?:-[a-z]+)+-\d)\./.exec(base_url)?.[1] ?? profile
  if (!found) throw relayError('config', `${model} needs its \`region\`: set it to one such as us-east-1, or to $env.AWS_REGION`)
  return found
}
