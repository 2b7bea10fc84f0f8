// Written by `relay compile examples/cloudflare/models.yaml`: change that and run it again.
import type { RelayConfig } from '@relay/core'

export const config = {
  "models": {
    "fast": {
      "target": "openai/gpt-4.1-mini",
      "base_url": "$env.OPENAI_BASE_URL",
      "params": {
        "max_tokens": 500
      }
    }
  }
} as const satisfies RelayConfig
