# Sourced by the lab's other scripts: the settings, where the state lives, and how processes are started and ended.
# It starts nothing itself. A setting comes from the environment, else from the running lab (state/settings), else its default;
# `up.sh` asks for no memory (FORGET=1), so that it always makes what its own line says. README.md explains each setting.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_DIR=${LAB_DIR:-${XDG_RUNTIME_DIR:-/var/tmp}/anneal-lab}
export LAB_DIR
V=$LAB_DIR/state C=$LAB_DIR/cache
MARK=$LAB_DIR/made-by-the-anneal-lab
SETTINGS=(NODES=6 FAKES=1 AUTH=noauth SERVICES=0 NOTIFY=0 RPC=none NEUTRON=0 CLEAN=false SYNC=10 RECOVER=20 FAKE_DELAY=0 CONF= PORT=6385 PROXY_PORT=6386
  PROXY_CONTROL=6387 KPORT=5000 NEUTRON_PORT=9696 NOVA_PORT=8774 PLACEMENT_PORT=8778 STUBS_CONTROL=6388 RPC_PORT=8089
  AMQP_PORT=5672 AMQPS_PORT=5671 EPMD_PORT=14369 ERLANG_PORT=25672
  BMC_BASE=9000 NETNS=anneal-bmcs BMC_NET=198.18.90)

fail() { echo "lab: $*" >&2; exit 1; }

# Tells the state folder of the lab from any other folder: nothing is ever written to, or removed from, one without the mark.
ours() { [ -f "$MARK" ] && [ -O "$LAB_DIR" ] && [ ! -L "$LAB_DIR" ]; }
claim_dir() {
  ours && return
  [ ! -L "$LAB_DIR" ] || fail "$LAB_DIR is a symbolic link; set LAB_DIR to a folder of its own"
  if [ -e "$LAB_DIR" ]; then
    [ -d "$LAB_DIR" ] && [ -O "$LAB_DIR" ] || fail "$LAB_DIR belongs to somebody else; set LAB_DIR to a folder of its own"
    [ -z "$(ls -A "$LAB_DIR")" ] || fail "$LAB_DIR is not empty and was not made by the lab; set LAB_DIR to a new folder"
  fi
  mkdir -p -m 700 "$LAB_DIR"
  echo 'Anneal lab made this folder. lab/up.sh and lab/down.sh change it as they like.' > "$MARK"
}
need_lab() { ours && [ -d "$V" ] || fail "there is no lab in $LAB_DIR; run lab/up.sh"; }

settings() {
  local pair name value
  if [ "${FORGET:-0}" != 1 ] && ours && [ -r "$V/settings" ]; then
    while IFS='=' read -r name value; do
      case " ${SETTINGS[*]%%=*} " in *" $name "*) [ -n "${!name+set}" ] || printf -v "$name" %s "$value" ;; esac
    done < "$V/settings"
  fi
  for pair in "${SETTINGS[@]}"; do
    name=${pair%%=*}
    [ -n "${!name+set}" ] || printf -v "$name" %s "${pair#*=}"
    export "${name?}"
  done
}
save_settings() {
  local pair
  for pair in "${SETTINGS[@]}"; do echo "${pair%%=*}=$(printenv "${pair%%=*}")"; done > "$V/settings.new"
  mv "$V/settings.new" "$V/settings"
}
settings

# One command at a time changes the lab; scripts that call each other share the lock.
lock() {
  [ "${LAB_LOCKED:-0}" = 1 ] && return
  exec 9> "$LAB_DIR/lock"
  flock -w 120 9 || fail "another command has held $LAB_DIR/lock for two minutes"
  export LAB_LOCKED=1
}

# The pinned Node of the checkout, or a system one that is new enough to run TypeScript as it is.
node_of_checkout() {
  NODE=$HERE/../node_modules/.bin/node
  [ -x "$NODE" ] || NODE=$(command -v node) || fail 'no Node; run npm ci in the checkout'
  "$NODE" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 24 || (a === 24 && b >= 15) ? 0 : 1)' ||
    fail 'Node is older than 24.15; run npm ci in the checkout'
}

# A pid file holds "pid starttime boot". Together they name one process for ever: a later one that got the same number has
# another start time, and after a reboot no pid means anything.
BOOT=$(cat /proc/sys/kernel/random/boot_id)
started() { sed 's/.*) //' "/proc/$1/stat" 2> /dev/null | awk '$1 != "Z" { print $20 }'; }
alive() { # NAME; prints the pid
  local p t b
  read -r p t b 2> /dev/null < "$V/$1.pid" || return 1
  [ "$b" = "$BOOT" ] && [ -n "$t" ] && [ "$(started "$p")" = "$t" ] && echo "$p"
}
# A pid file of this boot whose pid is alive as another process: somebody else's, or a number used again. Never touched.
not_foreign() { # NAME
  local p t b now
  read -r p t b 2> /dev/null < "$V/$1.pid" || return 0
  now=$(started "$p")
  [ "$b" != "$BOOT" ] || [ -z "$now" ] || [ "$now" = "$t" ] ||
    fail "$V/$1.pid names process $p, which the lab did not start; it was left alone. Remove that file if it is a leftover"
}
bg() { # NAME COMMAND...; in a session of its own, so that its children end with it
  local n=$1
  shift
  setsid "$@" >> "$V/$n.out" 2>&1 < /dev/null 9>&- &
  echo "$! $(started $!) $BOOT" > "$V/$n.pid"
}
stop() { # NAME [SIGNAL]
  local p
  not_foreign "$1"
  if p=$(alive "$1"); then
    kill "-${2:-TERM}" -- "-$p" 2> /dev/null || true
    kill -CONT -- "-$p" 2> /dev/null || true # a frozen BMC cannot act on a signal
    for _ in $(seq 200); do alive "$1" > /dev/null || break; sleep .05; done
    alive "$1" > /dev/null && kill -KILL -- "-$p" 2> /dev/null
  fi
  rm -f "$V/$1.pid"
}
retry() { # SECONDS COMMAND...
  local n=$(($1 * 20))
  shift
  for _ in $(seq $n); do "$@" > /dev/null 2>&1 && return; sleep .05; done
  fail "gave up waiting for: $*"
}
listening() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }
free_port() { ! listening "$1" || fail "port $1 is in use by a process that is not the lab's; set $2 to another one"; }
free_udp() { # addresses of /proc/net/udp are little-endian hexadecimal
  ! grep -qE "^ *[0-9]+: (0100007F|00000000):$(printf %04X "$1") " /proc/net/udp ||
    fail "UDP port $1 is in use by a process that is not the lab's; set BMC_BASE to another base"
}
