#!/usr/bin/env bash
# Sees to it that the tests of the store in Redis have a server; no download but the system's own package.
set -euo pipefail

if command -v redis-server >/dev/null || [ "${RELAY_SKIP_REDIS:-}" = 1 ]; then exit 0; fi

if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server </dev/null >/dev/null
  exit 0
fi

echo 'No redis-server found: its tests are skipped. Install it (Debian: apt-get install redis-server) to run them.' >&2
