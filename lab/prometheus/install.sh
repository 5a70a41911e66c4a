#!/bin/bash
# Installs Debian's prometheus, with promtool, where it is missing. Needs root and apt. Starts no service.
set -eu
if command -v prometheus > /dev/null && command -v promtool > /dev/null; then exit 0; fi
export DEBIAN_FRONTEND=noninteractive
# Debian starts a service as soon as it is installed, unless this file says 101.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\nexit 101\n' > $policy
  chmod +x $policy
fi
apt-get update -qq
apt-get install -y --no-install-recommends prometheus
