#!/bin/bash
# One simulated IPMI 2.0 BMC (OpenIPMI's ipmi_sim) for each node, each a process of its own: 127.0.0.1:(BMC_BASE+N)/udp, user admin.
# usage: bmc.sh stop|start|inside|apart|freeze|thaw|stuck|unstuck|fail|unfail|badpass|goodpass|full|unfull|status N...|all
#   stop     process gone: ICMP port unreachable, ipmitool fails fast
#   freeze   SIGSTOP: a black hole, ipmitool times out; thaw ends it
#   stuck    answers OK, but power never changes
#   fail     answers every chassis command with an IPMI error
#   badpass  restarts with another password; goodpass with the right one, on loopback
#   full     a client holds every session it has, so that it refuses the next; unfull gives them back
#   inside   restarts in the BMC network of bmc-net.sh, at BMC_NET.(100+N) and IPMI's own port; goodpass brings it back to loopback
#   apart    restarts at 127.0.N.1, in a /24 of its own; goodpass brings it back to 127.0.0.1
set -u
act=${1:-}
shift

# ipmi_sim calls back here for each chassis command: chassis FOLDER get|set|check KEY [VALUE]
if [ "$act" = chassis ]; then
  d=$1
  [ -e "$d/fail" ] && exit 1
  case "$2 ${3:-}" in
    "get power") echo "power:$(cat "$d/power")" ;;
    "get boot") echo "boot:$(cat "$d/boot")" ;;
    "set power") [ -e "$d/stuck" ] || echo "$4" > "$d/power" ;;
    "set boot") echo "$4" > "$d/boot" ;;
    "set reset" | "set identify" | "set shutdown" | check*) ;;
    *) exit 1 ;;
  esac
  exit 0
fi

. "$(dirname "$0")/env.sh"
need_lab
[ "${1:-}" = all ] && set -- $(seq "$NODES")
[ $# -gt 0 ] || { sed -n 3,11p "$0" | cut -c3- >&2; exit 2; }

start() { # N PASSWORD [ADDRESS PORT COMMAND...]; COMMAND runs it elsewhere than here
  local d=$V/bmc$1 guid n=$1 password=$2 address=${3:-127.0.0.1} port=${4:-$((BMC_BASE + $1))}
  not_foreign "bmc$n"
  alive "bmc$n" > /dev/null && return
  [ $# -gt 2 ] || free_udp "$port"
  shift $(($# < 4 ? $# : 4))
  mkdir -p "$d/state"
  printf -v guid 'a123456789abcdefa12345678900%04x' "$n"
  [ -e "$d/power" ] || echo 1 > "$d/power"
  [ -e "$d/boot" ] || echo default > "$d/boot"
  cat > "$d/lan.conf" << C
name "bmc$n"
set_working_mc 0x20
  startlan 1
    addr $address $port
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid $guid
  endlan
  chassis_control "$HERE/bmc.sh chassis $d"
  user 1 true ""      "test" user  10 none md2 md5 straight
  user 2 true "admin" "$password"   admin 10 none md2 md5 straight
C
  cat > "$d/sim.emu" << C
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
C
  bg "bmc$n" "$@" ipmi_sim -c "$d/lan.conf" -f "$d/sim.emu" -s "$d/state" -n
}

# The client that holds the sessions, of a BMC on loopback.
fill() { # N
  local name=bmc$1-sessions
  not_foreign "$name"
  alive "bmc$1" > /dev/null || fail "BMC $1 is not running"
  alive "$name" > /dev/null && return
  node_of_checkout
  : > "$V/$name.out"
  bg "$name" "$NODE" "$HERE/hold-sessions.ts" $((BMC_BASE + $1))
  retry 15 grep -q '^full' "$V/$name.out"
}

status() { # N
  local d=$V/bmc$1 p is=stopped extra
  p=$(alive "bmc$1") && is=running && [ "$(awk '$1 == "State:" { print $2 }' "/proc/$p/status")" = T ] && is=frozen
  extra=$(cd "$d" 2> /dev/null && ls -d stuck fail 2> /dev/null | tr '\n' ' ')
  echo "bmc$1 127.0.0.1:$((BMC_BASE + $1)) $is power=$(cat "$d/power" 2> /dev/null) ${extra% }"
}

code=0
for n in "$@"; do
  case $n in '' | *[!0-9]*) fail "$n is not the number of a BMC" ;; esac
  d=$V/bmc$n
  case $act in start | status) ;; *) [ -d "$d" ] || fail "there is no BMC $n; bmc.sh start $n makes one" ;; esac
  case $act in
    start) start "$n" secret ;;
    badpass) stop "bmc$n"; start "$n" other ;;
    goodpass) stop "bmc$n"; start "$n" secret ;;
    inside)
      ip netns exec "$NETNS" true || fail "there is no BMC network; bmc-net.sh up makes one"
      stop "bmc$n"
      start "$n" secret "$BMC_NET.$((100 + n))" 623 ip netns exec "$NETNS"
      ;;
    apart) stop "bmc$n"; start "$n" secret "127.0.$n.1" $((BMC_BASE + n)) ;;
    stop) stop "bmc$n" ;;
    full) fill "$n" ;;
    unfull) stop "bmc$n-sessions" ;;
    freeze | thaw)
      not_foreign "bmc$n"
      p=$(alive "bmc$n") || { echo "lab: BMC $n is not running" >&2; code=1; continue; }
      [ "$act" = freeze ] && kill -STOP "$p" || kill -CONT "$p"
      ;;
    stuck | fail) : > "$d/$act" ;;
    unstuck | unfail) rm -f "$d/${act#un}" ;;
    status) status "$n" ;;
    *) sed -n 3,11p "$0" | cut -c3- >&2; exit 2 ;;
  esac
done
exit $code
