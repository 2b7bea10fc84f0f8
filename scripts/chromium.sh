#!/usr/bin/env bash
# Sees to it that the browser tests have a browser; no download but the system's own package.
set -euo pipefail

if [ -x "${RELAY_CHROMIUM:-/usr/bin/chromium}" ] || [ "${RELAY_SKIP_CHROMIUM:-}" = 1 ]; then exit 0; fi

if [ -z "${RELAY_CHROMIUM:-}" ] && [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium </dev/null >/dev/null
  exit 0
fi

cat >&2 <<'END'
No Chromium found. Either
  install it (Debian: apt-get install chromium; needs root),
  or name one:  RELAY_CHROMIUM=/path/to/chromium npm test
  or do without: RELAY_SKIP_CHROMIUM=1 npm test
END
exit 1
