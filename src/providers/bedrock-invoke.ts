// AWS Bedrock, through InvokeModel: Claude, in the words of its own API (`api_style: invoke`).
import { awsUrl } from '../auth/aws-host.ts'
import { awsSign } from '../auth/aws-sign.ts'
import { awsKeys } from '../secrets/aws-env.ts'
import type { Provider } from '../types/provider.ts'
import { anew, familyOf } from '../wire/anthropic-models.ts'
import { awsSkewed } from '../wire/aws-fault.ts'
import { bedrockInvoke as wire } from '../wire/bedrock-invoke.ts'

export const bedrockInvoke: Provider = {
  name: 'bedrock',
  style: 'invoke',
  wire: wire(lacks),
  baseUrl: awsUrl('bedrock-runtime'),
  env: ['AWS_BEARER_TOKEN_BEDROCK'],
  credential: awsKeys,
  ambient: { type: 'aws_profile' },
  skewed: awsSkewed,
  sign: awsSign('bedrock'),
  anew,
}

// From 4.7 on AWS refuses the schemas that the models themselves know.
function lacks(model: string): readonly string[] {
  const [, version = ''] = familyOf(model).key?.split('-') ?? []
  return Number(version) >= 407 ? ['url', 'file', 'schema'] : ['url', 'file']
}
