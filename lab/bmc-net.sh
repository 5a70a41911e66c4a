#!/bin/bash
# A BMC network of its own: a network namespace behind a veth pair, BMC_NET.0/24, in which `bmc.sh inside` starts BMCs. Needs root.
# It knows nothing of what runs in it. Packets are dropped by nftables' own random numbers, which a kernel has where sch_netem is missing.
# usage: bmc-net.sh up|down|loss PERCENT|gone|back|status
#   loss     drops so many of a hundred datagrams, at random, in each direction; 0 ends it
#   gone     its link is down, as with a dead management switch; back ends it
#   status   the interface, and how many datagrams were dropped
set -eu
act=${1:-}
. "$(dirname "$0")/env.sh"
# The name of this side's interface is the namespace's. What the lab made carries this alias; nothing else is ever touched.
inner=bmcs
alias="made by the anneal lab in $LAB_DIR"
usage() { sed -n 4,7p "$0" | cut -c3- >&2; exit 2; }

exists() { [ -e "/run/netns/$NETNS" ]; }
made_here() { exists && ip -n "$NETNS" link show "$inner" 2> /dev/null | grep -qF "alias $alias"; }
need_net() {
  exists || fail "there is no BMC network; bmc-net.sh up makes one"
  made_here || fail "network namespace $NETNS was not made by this lab; it was left alone"
}
inside() { ip netns exec "$NETNS" "$@"; }

up() {
  need_lab
  made_here && return
  ! exists || fail "network namespace $NETNS was not made by this lab; it was left alone. Set NETNS to another name"
  [ ! -e "/sys/class/net/$NETNS" ] || fail "interface $NETNS was not made by this lab; it was left alone. Set NETNS to another name"
  [ -z "$(ip -4 route show to "$BMC_NET.0/24")" ] || fail "$BMC_NET.0/24 is already routed on this machine; set BMC_NET to another network"
  [ "$(id -u)" = 0 ] || fail 'a BMC network of its own is a network namespace, and only root can make one'
  ip netns add "$NETNS" || fail 'this machine lets no network namespace be made, so packet loss and a lost BMC network cannot be tried on it'
  # Half a network would not be known as the lab's own later.
  trap 'ip netns del "$NETNS"' EXIT
  ip link add "$NETNS" type veth peer name "$inner" netns "$NETNS" || fail 'this machine has no veth interfaces, so the namespace cannot be reached'
  ip -n "$NETNS" link set "$inner" alias "$alias"
  ip addr add "$BMC_NET.1/24" dev "$NETNS"
  for n in $(seq "$NODES"); do ip -n "$NETNS" addr add "$BMC_NET.$((100 + n))/24" dev "$inner"; done
  ip link set "$NETNS" up
  ip -n "$NETNS" link set lo up
  ip -n "$NETNS" link set "$inner" up
  trap - EXIT
}

loss() { # PERCENT
  case $1 in '' | *[!0-9]*) usage ;; esac
  inside nft -f - << N
table inet lab
delete table inet lab
table inet lab {
  chain in { type filter hook input priority 0; meta l4proto udp numgen random mod 100 < $1 counter drop; }
  chain out { type filter hook output priority 0; meta l4proto udp numgen random mod 100 < $1 counter drop; }
}
N
}

case $act in
  up) up ;;
  # A namespace takes its interfaces along in its own time; processes in it are bmc.sh's.
  down) ! exists || { need_net; ip link del "$NETNS"; ip netns del "$NETNS"; } ;;
  loss) need_net; loss "${2:-}" ;;
  gone) need_net; ip -n "$NETNS" link set "$inner" down ;;
  back) need_net; ip -n "$NETNS" link set "$inner" up ;;
  status) need_net; ip -n "$NETNS" -br link show "$inner"; inside nft list ruleset | grep -o 'counter packets [0-9]*' || true ;;
  *) usage ;;
esac
