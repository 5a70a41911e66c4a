#!/bin/bash
# Installs the Debian 12 packages of the lab that are missing. Needs root and apt. Starts no service.
# usage: install.sh [keystone] [services] [notifications]
set -eu
fail() { echo "lab: $*" >&2; exit 1; }
want=(ironic-api ironic-conductor openipmi ipmitool util-linux procps iproute2 nftables)
wsgi=(uwsgi-core uwsgi-plugin-python3 sqlite3)
for a in "$@"; do
  case $a in
    keystone) want+=("${wsgi[@]}" keystone) ;;
    # Without Debian's packages of the services themselves, which hold nothing but their start scripts.
    services) want+=("${wsgi[@]}" neutron-common placement-common nova-common python3-ironic-neutron-agent) ;;
    notifications) want+=(rabbitmq-server openssl) ;;
    *) fail "unknown argument $a; usage: install.sh [keystone] [services] [notifications]" ;;
  esac
done
missing=()
for p in "${want[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2> /dev/null)" = installed ] || missing+=("$p")
done
[ "${#missing[@]}" -gt 0 ] || exit 0
[ "$(id -u)" = 0 ] || fail "missing packages: ${missing[*]}; run lab/install.sh${*:+ $*} as root"
command -v apt-get > /dev/null || fail "missing packages: ${missing[*]}, and this is no Debian (no apt-get)"

export DEBIAN_FRONTEND=noninteractive
# Debian starts a service as soon as it is installed, unless this file says 101. The lab runs its own copies, on loopback only.
policy=/usr/sbin/policy-rc.d
if [ -e $policy ]; then
  code=0
  $policy ironic-api start > /dev/null 2>&1 || code=$?
  [ $code = 101 ] || fail "$policy exists and lets packages start their services; the lab does not change it"
else
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\nexit 101\n' > $policy
  chmod +x $policy
fi
debconf-set-selections << P
ironic-common ironic/configure_db boolean false
keystone keystone/configure_db boolean false
keystone keystone/register-endpoint boolean false
neutron-common neutron/configure_db boolean false
placement-common placement/configure_db boolean false
nova-common nova/configure_db boolean false
P
apt-get update -qq
apt-get install -y --no-install-recommends "${missing[@]}"
