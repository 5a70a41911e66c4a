#!/bin/bash
# Ironic itself: writes its configuration, starts and ends its processes. Nodes, BMCs, stubs and proxy are left as they are.
# usage: ironic.sh start|stop|kill|restart|status [SETTING=value...]      for example: ironic.sh restart SYNC=0
#   kill     SIGKILL, as a crash: locks and `deleting` stay in the database. With RPC=json-rpc only the conductor dies
#   restart  stop (nothing where it is dead already) and start with the changed settings, within seconds
set -eu
act=${1:-}
[ $# -gt 0 ] && shift
for pair in "$@"; do
  case $pair in
    [A-Z]*=*) export "${pair?}" ;;
    *) echo "lab: $pair is not SETTING=value" >&2; exit 2 ;;
  esac
done
. "$(dirname "$0")/env.sh"
need_lab
lock

neutron_auth() {
  if [ "$AUTH" = keystone ]; then
    printf 'auth_type = password\nauth_url = http://127.0.0.1:%s\nusername = ironic\npassword = ironic\nproject_name = service\nuser_domain_name = Default\nproject_domain_name = Default\n' "$KPORT"
  else
    echo 'auth_type = none'
  fi
}

notifications() {
  if [ "$NOTIFY" = 1 ]; then
    printf 'notification_level = info\ntransport_url = rabbit://lab:lab@127.0.0.1:%s/\n[oslo_messaging_notifications]\ndriver = messagingv2\n' "$AMQP_PORT"
    printf '[oslo_messaging_rabbit]\nrabbit_retry_interval = 1\nrabbit_retry_backoff = 1\n'
  else
    printf 'transport_url = fake://\n[oslo_messaging_notifications]\ndriver = noop\n'
  fi
}

# Intervals are short so that a test sees in seconds what takes minutes with the defaults; README.md lists both. A json-rpc
# conductor is found by its host name, which therefore must resolve.
configure() {
  # A real Neutron is asked whether there is such a network, the stub has every one.
  local network=11111111-1111-1111-1111-111111111111
  [ "$SERVICES" = 0 ] || network=tenants
  mkdir -p "$V"/{ironic,tmp,tftp,tftp-master,images,images-master,lock}
  cat > "$V/ironic.conf" << C
[DEFAULT]
auth_strategy = $AUTH
host = $([ "$RPC" = json-rpc ] && echo localhost || echo lab)
my_ip = 127.0.0.1
state_path = $V/ironic
tempdir = $V/tmp
pybasedir = /usr/lib/python3/dist-packages/ironic
rpc_transport = $RPC
log_file = $V/ironic.log
use_stderr = false
enabled_hardware_types = ipmi,fake-hardware
enabled_power_interfaces = ipmitool,fake
enabled_management_interfaces = ipmitool,noop,fake
enabled_boot_interfaces = pxe,fake
enabled_deploy_interfaces = ramdisk,direct,fake
enabled_network_interfaces = noop,flat,neutron
enabled_inspect_interfaces = no-inspect,inspector,fake
enabled_console_interfaces = no-console,fake
enabled_bios_interfaces = no-bios,fake
enabled_raid_interfaces = no-raid,fake
enabled_rescue_interfaces = no-rescue,fake
enabled_vendor_interfaces = no-vendor,ipmitool,fake
enabled_storage_interfaces = noop,fake
default_network_interface = noop
minimum_memory_warning_only = true
$(notifications)
[api]
host_ip = 127.0.0.1
port = $PORT
api_workers = 1
[json_rpc]
host_ip = 127.0.0.1
port = $RPC_PORT
auth_strategy = noauth
[database]
connection = sqlite:///$V/ironic.sqlite
[conductor]
automated_clean = $CLEAN
workers_pool_size = 30
heartbeat_interval = 5
sync_power_state_interval = $SYNC
power_state_sync_max_retries = 3
power_failure_recovery_interval = $RECOVER
check_provision_state_interval = 10
power_state_change_timeout = 6
sync_local_state_interval = 30
node_locked_retry_attempts = 3
node_locked_retry_interval = 1
force_power_state_during_sync = false
clean_callback_timeout = 30
deploy_callback_timeout = 30
inspect_wait_timeout = 30
[deploy]
default_boot_option = local
[dhcp]
dhcp_provider = none
[ipmi]
command_retry_timeout = 3
min_command_interval = 1
use_ipmitool_retries = false
[fake]
power_delay = $FAKE_DELAY
deploy_delay = $FAKE_DELAY
[pxe]
tftp_root = $V/tftp
tftp_master_path = $V/tftp-master
images_path = $V/images
instance_master_path = $V/images-master
[neutron]
$(neutron_auth)
endpoint_override = http://127.0.0.1:$NEUTRON_PORT
cleaning_network = $network
provisioning_network = $network
request_timeout = 5
timeout = 5
retries = 1
[nova]
auth_type = none
send_power_notifications = false
[glance]
auth_type = none
endpoint_override = http://127.0.0.1:9292
[inspector]
auth_type = none
endpoint_override = http://127.0.0.1:5050
[service_catalog]
auth_type = none
endpoint_override = http://127.0.0.1:$PORT
[oslo_concurrency]
lock_path = $V/lock
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
C
  [ -z "$CONF" ] || cat "$CONF" >> "$V/ironic.conf" # a section may come twice; the last value of an option wins
}

schema() { # made once per Ironic version, then copied: it takes longer than everything else
  [ -s "$V/ironic.sqlite" ] && return
  mkdir -p "$C"
  local made
  made=$C/ironic-$(dpkg-query -W -f '${Version}' ironic-common).sqlite
  if [ ! -s "$made" ]; then
    ironic-dbsync --config-file "$V/ironic.conf" create_schema > "$V/dbsync.out" 2>&1 || fail "ironic-dbsync failed; see $V/dbsync.out"
    mv "$V/ironic.sqlite" "$made"
  fi
  cp "$made" "$V/ironic.sqlite"
}

launch() { # NAME [COMMAND]
  not_foreign "$1"
  alive "$1" > /dev/null && return
  bg "$1" "${2:-$1}" --config-file "$V/ironic.conf"
  waits="$waits $1"
}
registered() { tail -c "+$((seen + 1))" "$V/ironic.log" | grep -q 'Successfully started conductor'; }
up_or_dead() { registered || ! alive "$1"; }

start() {
  configure
  schema
  touch "$V/ironic.log"
  seen=$(wc -c < "$V/ironic.log")
  waits=
  if [ "$RPC" = json-rpc ]; then
    alive conductor > /dev/null || free_port "$RPC_PORT" RPC_PORT
    alive api > /dev/null || free_port "$PORT" PORT
    launch conductor ironic-conductor
    launch api ironic-api
  else
    alive ironic > /dev/null || free_port "$PORT" PORT
    launch ironic
  fi
  # A conductor says so when it is ready; one that ended instead is not waited for.
  case $waits in
    *ironic* | *conductor*)
      retry 60 up_or_dead "$([ "$RPC" = json-rpc ] && echo conductor || echo ironic)"
      registered || fail "Ironic ended while starting; see $V/ironic.log"
      ;;
  esac
  retry 30 listening "$PORT"
  save_settings
  cp "$V/ironic.conf" "$V/ironic.conf.running"
}
stop_all() { for n in ironic api conductor; do stop "$n"; done; }

case $act in
  start)
    # What runs with another configuration is restarted, what runs with this one is left running.
    configure
    cmp -s "$V/ironic.conf" "$V/ironic.conf.running" || stop_all
    start
    ;;
  stop) stop_all ;;
  kill) if alive conductor > /dev/null; then stop conductor KILL; else stop ironic KILL; fi ;;
  restart) stop_all; start ;;
  status) for n in ironic api conductor; do ! alive "$n" > /dev/null || echo "$n pid $(alive "$n")"; done ;;
  *) sed -n 3,5p "$0" | cut -c3- >&2; exit 2 ;;
esac
