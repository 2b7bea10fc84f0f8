// Where a model's key comes from.
import type { TUnsafe } from '@sinclair/typebox'
import * as Type from '@sinclair/typebox'
import type * as config from '../src/types/config.ts'
import { exactly } from './exactly.ts'
import { closed, text } from './field.ts'

function must(description: string): ReturnType<typeof Type.String> {
  return Type.String({ minLength: 1, description })
}

const object = Type.Union([
  Type.Object({ type: Type.Literal('env'), var: must('Name of the variable.') }, {
    ...closed,
    description: 'A variable holds the secret. It is read when a call needs it, so a rotated secret is seen.',
  }),
  Type.Object({ type: Type.Literal('literal'), value: must('The secret.') }, {
    ...closed,
    description: 'The secret itself, for code that fetched it. Do not write one into a file.',
  }),
  Type.Object({
    type: Type.Literal('aws_profile'),
    profile: text('Name of the profile. Default: `default`.'),
    region: text("AWS region. Default: the profile's. Where it is written it is the model's too, unless the entry names one."),
  }, { ...closed, description: 'A profile of the AWS configuration files.' }),
  Type.Object({
    type: Type.Literal('aws_secrets'),
    arn: must('ARN of the secret.'),
    region: text('AWS region. Default: the one in the ARN.'),
    field: text('Field of a secret that is a JSON object. Default: the whole secret.'),
  }, { ...closed, description: 'A secret in AWS Secrets Manager.' }),
  Type.Object({
    type: Type.Literal('gcp_adc'),
    impersonate_service_account: text('E-mail address of the service account to act as.'),
  }, { ...closed, description: "Google's Application Default Credentials." }),
  Type.Object({
    type: Type.Literal('gcp_secret_manager'),
    name: must('`projects/PROJECT/secrets/SECRET/versions/latest`.'),
  }, { ...closed, description: 'A secret in Google Secret Manager.' }),
  Type.Object({
    type: Type.Literal('azure_ad'),
    tenant_id: text('The directory. Default: the variable AZURE_TENANT_ID.'),
    client_id: text('The application. Default: the variable AZURE_CLIENT_ID.'),
  }, { ...closed, description: 'A token of Microsoft Entra ID.' }),
  Type.Object({
    type: Type.Literal('azure_key_vault'),
    vault_url: must('`https://NAME.vault.azure.net`.'),
    name: must('Name of the secret.'),
  }, { ...closed, description: 'A secret in Azure Key Vault.' }),
  Type.Object({
    type: Type.Literal('vault'),
    path: must('Path of the secret.'),
    field: text('Field of the secret. Default `value`.'),
  }, { ...closed, description: 'A secret in HashiCorp Vault.' }),
])

export const credential: TUnsafe<config.CredentialConfig> = exactly<config.CredentialConfig>()(
  Type.Union([Type.String({ minLength: 1 }), ...object.anyOf], {
    description: "A credential object, or `$env.VAR`. Default: the provider's own variable.",
  }),
)
