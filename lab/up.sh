#!/bin/bash
# Brings the lab up: Ironic (API and conductor in one process, sqlite), one simulated BMC per node, stubs, fault proxy, with
# AUTH=keystone a Keystone, with SERVICES=1 real ones in place of the stubs, and with NOTIFY=1 a RabbitMQ; then brings every node to
# `active`. Idempotent. All settings are in README.md.
set -eu
FORGET=1
. "$(dirname "$0")/env.sh"
t0=$(date +%s%N)
say() { printf '%6.1fs %s\n' "$(($(($(date +%s%N) - t0)) / 100000000))e-1" "$*"; }

case $AUTH in noauth | keystone) ;; *) fail "AUTH=$AUTH is neither noauth nor keystone" ;; esac
case $SERVICES in 0 | 1) ;; *) fail "SERVICES=$SERVICES is neither 0 nor 1" ;; esac
case $NOTIFY in 0 | 1) ;; *) fail "NOTIFY=$NOTIFY is neither 0 nor 1" ;; esac
[ "$SERVICES$AUTH" != 1noauth ] || fail 'SERVICES=1 needs AUTH=keystone'
case $RPC in none | json-rpc) ;; *) fail "RPC=$RPC is neither none nor json-rpc" ;; esac
case $NODES$FAKES in *[!0-9]*) fail "NODES and FAKES are numbers" ;; esac
[ -z "$CONF" ] || [ -r "$CONF" ] || fail "CONF=$CONF cannot be read"
node_of_checkout
"$HERE/install.sh" $([ "$AUTH" != keystone ] || echo keystone) $([ "$SERVICES" = 0 ] || echo services) \
  $([ "$NOTIFY" = 0 ] || echo notifications)
claim_dir
lock
if [ "${FRESH:-0}" = 1 ]; then
  "$HERE/down.sh"
  rm -rf "$V"
fi
mkdir -p "$C" "$V"

# Everything that could be refused is refused before anything is started.
for f in "$V"/*.pid; do [ ! -e "$f" ] || not_foreign "$(basename "$f" .pid)"; done
alive ironic > /dev/null || alive api > /dev/null || free_port "$PORT" PORT
[ "$RPC" = none ] || alive conductor > /dev/null || free_port "$RPC_PORT" RPC_PORT
[ "$AUTH" != keystone ] || alive keystone > /dev/null || free_port "$KPORT" KPORT
if [ "$NOTIFY" = 1 ]; then
  for pair in AMQP_PORT AMQPS_PORT ERLANG_PORT; do alive rabbit > /dev/null || free_port "${!pair}" $pair; done
  alive epmd > /dev/null || free_port "$EPMD_PORT" EPMD_PORT
fi
alive stubs > /dev/null || free_port "$STUBS_CONTROL" STUBS_CONTROL
for n in neutron nova placement; do
  pair=${n^^}_PORT
  alive stubs > /dev/null || alive $n > /dev/null || free_port "${!pair}" "$pair"
done
for pair in PROXY_PORT PROXY_CONTROL; do alive proxy > /dev/null || free_port "${!pair}" $pair; done
for n in $(seq "$NODES"); do alive "bmc$n" > /dev/null || free_udp $((BMC_BASE + n)); done
save_settings

# A lab that is up with other ports or without Keystone is taken down to what the new settings share with it.
launch() { # NAME
  local want="$PORT $PROXY_PORT $PROXY_CONTROL $NEUTRON_PORT $NOVA_PORT $PLACEMENT_PORT $STUBS_CONTROL $AUTH $KPORT $SERVICES"
  [ "$(cat "$V/$1.settings" 2> /dev/null)" = "$want" ] || stop "$1"
  alive "$1" > /dev/null && return
  bg "$1" "$NODE" "$HERE/$1.ts"
  echo "$want" > "$V/$1.settings"
}
[ "$AUTH" = keystone ] || stop keystone
[ "$SERVICES" = 1 ] || "$HERE/services.sh" stop
[ "$NODES" = 0 ] || "$HERE/bmc.sh" start $(seq "$NODES")
launch stubs
launch proxy
if [ "$NOTIFY" = 1 ]; then
  "$HERE/rabbit.sh" start
  say "rabbitmq amqp://127.0.0.1:$AMQP_PORT amqps://127.0.0.1:$AMQPS_PORT"
fi
if [ "$AUTH" = keystone ]; then "$HERE/keystone.sh" start & keystone=$!; fi
if [ "$SERVICES" = 1 ]; then "$HERE/services.sh" start & services=$!; fi
"$HERE/ironic.sh" start
# Not before Ironic has let go of it.
[ "$NOTIFY" = 1 ] || "$HERE/rabbit.sh" stop
say "ironic http://127.0.0.1:$PORT, through the fault proxy http://127.0.0.1:$PROXY_PORT"
if [ "$AUTH" = keystone ]; then
  wait "$keystone" || exit 1
  say "keystone http://127.0.0.1:$KPORT/v3"
fi
if [ "$SERVICES" = 1 ]; then
  wait "$services" || exit 1
  "$HERE/services.sh" seed
fi
retry 10 listening "$STUBS_CONTROL"
retry 10 listening "$PROXY_CONTROL"
say "$([ "$SERVICES" = 1 ] && echo services || echo stubs): neutron $NEUTRON_PORT, nova $NOVA_PORT, placement $PLACEMENT_PORT"
[ "${ENROLL:-1}" = 0 ] || "$NODE" "$HERE/enroll.ts"
say "$NODES ipmi nodes, $FAKES fake nodes"
