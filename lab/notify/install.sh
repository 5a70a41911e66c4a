#!/bin/bash
# Installs what the test of notifications needs and is missing: Debian's Alertmanager and openssl. Needs root and apt. Starts no service.
set -eu
fail() { echo "notify: $*" >&2; exit 1; }
missing=()
for p in prometheus-alertmanager openssl; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2> /dev/null)" = installed ] || missing+=("$p")
done
[ "${#missing[@]}" -gt 0 ] || exit 0
[ "$(id -u)" = 0 ] || fail "missing packages: ${missing[*]}; run lab/notify/install.sh as root"
command -v apt-get > /dev/null || fail "missing packages: ${missing[*]}, and this is no Debian (no apt-get)"
export DEBIAN_FRONTEND=noninteractive
# Debian starts a service as soon as it is installed, unless this file says 101. The test runs its own copy, on the loopback only.
policy=/usr/sbin/policy-rc.d
if [ -e $policy ]; then
  code=0
  $policy prometheus-alertmanager start > /dev/null 2>&1 || code=$?
  [ $code = 101 ] || fail "$policy exists and lets packages start their services; this test does not change it"
else
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\nexit 101\n' > $policy
  chmod +x $policy
fi
apt-get update -qq
apt-get install -y --no-install-recommends "${missing[@]}"
