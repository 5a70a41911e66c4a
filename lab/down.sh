#!/bin/bash
# Ends what the lab started, and only that. State stays, the next up.sh goes on with it; `down.sh wipe` removes the state folder too.
set -u
. "$(dirname "$0")/env.sh"
ours || { echo "lab: nothing of the lab in $LAB_DIR"; exit 0; }
lock
# The conductor goes first, or it would note every BMC stopped below as a failed power sync. KILL after TERM would leave locks.
names=(ironic api conductor)
for f in "$V"/*.pid; do
  n=$(basename "$f" .pid)
  case $n in '*' | ironic | api | conductor) ;; *) names+=("$n") ;; esac
done
code=0
for n in ironic api conductor; do (stop "$n") || code=1; done
# Each in a subshell: one refusal must not keep the others running.
for n in "${names[@]:3}"; do (stop "$n") & done
for j in $(jobs -p); do wait "$j" || code=1; done
# Its BMCs have ended by now.
"$HERE/bmc-net.sh" down || code=1
[ "${1:-}" = wipe ] && [ $code = 0 ] && rm -rf "$LAB_DIR"
exit $code
