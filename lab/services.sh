#!/bin/bash
# Neutron, Placement and Nova's API from Debian's packages, for SERVICES=1: one process each on the stand-ins' ports, sqlite, a message
# bus inside each process, tokens checked by the lab's Keystone. No agent, conductor, scheduler or compute runs: what those would have
# left behind, a test writes itself (services/tenant.ts).
# usage: services.sh start|stop [neutron|placement|nova...]
#        services.sh seed      once they and Keystone are up: seed-services.ts says what
set -eu
. "$(dirname "$0")/env.sh"
need_lab
lock
act=${1:-}
[ $# -gt 0 ] && shift
names=("$@")
[ $# -gt 0 ] || names=(neutron placement nova)
declare -A port=([neutron]=NEUTRON_PORT [placement]=PLACEMENT_PORT [nova]=NOVA_PORT)

# Ironic's own user will do for checking tokens.
authtoken() {
  cat << C
[keystone_authtoken]
www_authenticate_uri = http://127.0.0.1:$KPORT
auth_url = http://127.0.0.1:$KPORT
auth_type = password
username = ironic
password = ironic
project_name = service
user_domain_name = Default
project_domain_name = Default
interface = internal
region_name = RegionOne
[oslo_concurrency]
lock_path = $S/lock
[oslo_messaging_notifications]
driver = noop
C
}

# The mechanism driver of networking-baremetal binds a port to a node whose agent lives; agents say so over a message bus, which this
# Neutron has to itself. So a test writes the agent's row, and no row ever grows too old.
configure_neutron() {
  cat << C
[DEFAULT]
bind_host = 127.0.0.1
bind_port = $NEUTRON_PORT
core_plugin = ml2
service_plugins = router
api_paste_config = /usr/share/neutron-common/api-paste.ini
auth_strategy = keystone
state_path = $S
transport_url = fake://
api_workers = 0
rpc_workers = 0
rpc_state_report_workers = 0
agent_down_time = 1000000000
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
log_file = $S/neutron.log
use_stderr = false
[ml2]
type_drivers = flat
tenant_network_types =
mechanism_drivers = baremetal
[ml2_type_flat]
flat_networks = *
[database]
connection = sqlite:///$S/neutron.sqlite
C
  authtoken
}
configure_placement() {
  cat << C
[DEFAULT]
log_file = $S/placement.log
use_stderr = false
[placement_database]
connection = sqlite:///$S/placement.sqlite
sync_on_startup = true
C
  authtoken
}
configure_nova() {
  cat << C
[DEFAULT]
host = lab
my_ip = 127.0.0.1
state_path = $S
transport_url = fake://
log_file = $S/nova.log
use_stderr = false
# seed-services.ts writes the reports of a conductor and a compute once.
service_down_time = 1000000000
[api]
auth_strategy = keystone
[wsgi]
api_paste_config = /usr/share/nova-common/api-paste.ini
[database]
connection = sqlite:///$S/nova.sqlite
[api_database]
connection = sqlite:///$S/nova-api.sqlite
C
  authtoken
}
configure() {
  mkdir -p "$S"/{lock,neutron,placement,nova}
  local n
  for n in neutron placement nova; do "configure_$n" > "$S/$n/$n.conf"; done
  cp /usr/share/nova-common/api-paste.ini "$S/nova/"
}

# Neutron's migrations change columns, which sqlite cannot; so its newest tables are made at once and marked as migrated.
schema_neutron() {
  /usr/bin/python3 - "sqlite:///$S/neutron.sqlite" << 'P' && neutron-db-manage --config-file "$S/neutron/neutron.conf" stamp heads
import sys
import sqlalchemy
from neutron.db.migration.models import head
head.get_metadata().create_all(sqlalchemy.create_engine(sys.argv[1]))
P
}
schema_placement() { placement-manage --config-file "$S/placement/placement.conf" db sync; }
schema_nova() {
  local manage="nova-manage --config-file $S/nova/nova.conf"
  $manage api_db sync && $manage cell_v2 map_cell0 --database_connection "sqlite:///$S/nova-cell0.sqlite" && $manage db sync &&
    $manage cell_v2 create_cell --name cell1 --database_connection "sqlite:///$S/nova.sqlite" --transport-url fake:///
}
schema() { # NAME; made once per version and place, then copied
  local made f
  [ ! -s "$S/$1.sqlite" ] || return 0
  made=$C/$1-$(dpkg-query -W -f '${Version}' "$1-common")-$(echo "$S" | cksum | cut -d' ' -f1)
  if [ ! -d "$made" ]; then
    "schema_$1" > "$S/$1-schema.out" 2>&1 || fail "the tables of $1 could not be made; see $S/$1-schema.out"
    # Without write-ahead logging a reader blocks its own process's writer: "database is locked".
    for f in "$S/$1"*.sqlite; do sqlite3 "$f" 'PRAGMA journal_mode=WAL' > /dev/null; done
    mkdir -p -m 700 "$made.new"
    cp "$S/$1"*.sqlite "$made.new/"
    mv "$made.new" "$made"
  fi
  cp "$made"/*.sqlite "$S/"
}

wsgi() { # NAME FILE; one request at a time, because two that write lock each other out of sqlite
  bg "$1" uwsgi_python3 --http-socket "127.0.0.1:${!port[$1]}" --wsgi-file "$2" --die-on-term --processes 1 --threads 1 \
    --enable-threads --need-app --lazy-apps --add-header 'Connection: close'
}
launch() { # NAME
  local at=${port[$1]}
  not_foreign "$1"
  alive "$1" > /dev/null && return
  free_port "${!at}" "$at"
  schema "$1"
  case $1 in
    neutron) bg neutron neutron-server --config-file "$S/neutron/neutron.conf" ;;
    placement) OS_PLACEMENT_CONFIG_DIR=$S/placement wsgi placement /usr/bin/placement-api ;;
    nova) OS_NOVA_CONFIG_DIR=$S/nova wsgi nova /usr/bin/nova-api-wsgi ;;
  esac
  retry 60 listening "${!at}"
}

# Its children may hold the port for a moment longer than the process that is waited for.
closed() { ! listening "$1"; }
end() { # NAME
  local at=${port[$1]} was
  was=$(alive "$1") || true
  stop "$1"
  [ -z "$was" ] || retry 10 closed "${!at}"
}

for n in "${names[@]}"; do [ -n "${port[$n]:-}" ] || fail "$n is none of neutron, placement, nova"; done
S=$V/services
case $act in
  start)
    configure
    for n in "${names[@]}"; do (launch "$n") & done
    code=0
    for j in $(jobs -p); do wait "$j" || code=1; done
    exit $code
    ;;
  stop) for n in "${names[@]}"; do end "$n"; done ;;
  seed)
    node_of_checkout
    "$NODE" "$HERE/seed-services.ts"
    ;;
  *) sed -n 5,6p "$0" | cut -c3- >&2; exit 2 ;;
esac
