#!/bin/bash
# Installs what the test of the packages needs and is missing: something that makes a Debian system in a folder, something that boots it, and
# Debian's judge of packages. Needs root and apt. Starts no service.
set -eu
missing=()
for p in mmdebstrap systemd-container lintian debian-archive-keyring; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2> /dev/null)" = installed ] || missing+=("$p")
done
[ "${#missing[@]}" -gt 0 ] || exit 0
[ "$(id -u)" = 0 ] || { echo "package: missing ${missing[*]}; run lab/package/install.sh as root" >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive
# Debian starts a service as soon as it is installed, unless this file says 101.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\nexit 101\n' > $policy
  chmod +x $policy
fi
apt-get update -qq
apt-get install -y --no-install-recommends "${missing[@]}"
