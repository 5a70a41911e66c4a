#!/bin/bash
# Keystone (fernet tokens, sqlite, one uwsgi process) on 127.0.0.1:KPORT, for AUTH=keystone. A user's password is its name.
# usage: keystone.sh start|stop
set -eu
. "$(dirname "$0")/env.sh"
need_lab
lock
K=$V/keystone
URL=http://127.0.0.1:$KPORT/v3

configure() {
  mkdir -p "$K"
  cat > "$K/keystone.conf" << C
[DEFAULT]
log_file = $K/keystone.log
use_stderr = false
[database]
connection = sqlite:///$K/keystone.sqlite
[token]
provider = fernet
[fernet_tokens]
key_repository = $K/fernet-keys
# Receipts too, or fernet_setup also writes to /etc/keystone.
[fernet_receipts]
key_repository = $K/fernet-keys
[credential]
key_repository = $K/credential-keys
# Three more services have each of their requests' tokens checked, and keep nothing of it without a memcached.
[cache]
enabled = $([ "$SERVICES" = 1 ] && echo true || echo false)
backend = dogpile.cache.memory
[identity]
password_hash_rounds = 4
C
}
bootstrap() {
  local me step
  me="--keystone-user $(id -un) --keystone-group $(id -gn)"
  mkdir -p -m 700 "$K/fernet-keys" "$K/credential-keys"
  for step in db_sync "fernet_setup $me" "credential_setup $me" "bootstrap --bootstrap-password admin --bootstrap-region-id RegionOne
      --bootstrap-public-url $URL --bootstrap-internal-url $URL --bootstrap-admin-url $URL"; do
    keystone-manage --config-file "$K/keystone.conf" $step >> "$K/manage.out" 2>&1 || fail "keystone-manage failed; see $K/manage.out"
  done
  # Without write-ahead logging Keystone's reader blocks its own writer: "database is locked".
  sqlite3 "$K/keystone.sqlite" 'PRAGMA journal_mode=WAL' > /dev/null
}

case ${1:-} in
  stop) stop keystone ;;
  start)
    not_foreign keystone
    alive keystone > /dev/null && exit 0
    free_port "$KPORT" KPORT
    node_of_checkout
    # The catalog holds every port, and seed-keystone.ts says what is in it.
    made=$C/keystone-$(dpkg-query -W -f '${Version}' keystone)-$KPORT-$PROXY_PORT-$NOVA_PORT-$NEUTRON_PORT-$PLACEMENT_PORT-$(cksum < "$HERE/seed-keystone.ts" | cut -d' ' -f1)
    [ ! -e "$K/seeded" ] || [ "$(cat "$K/seeded")" = "$made" ] || rm -rf "$K"
    configure
    [ -e "$K/seeded" ] || [ ! -d "$made" ] || cp -a "$made/." "$K/"
    [ -e "$K/seeded" ] || bootstrap
    # uwsgi closes each connection without saying so; a client that reused it would get an error, and Ironic answer 503.
    OS_KEYSTONE_CONFIG_FILES=$K/keystone.conf bg keystone uwsgi_python3 --http-socket "127.0.0.1:$KPORT" \
      --wsgi-file /usr/bin/keystone-wsgi-public --die-on-term --processes 1 --threads 1 --enable-threads --need-app --lazy-apps \
      --add-header 'Connection: close'
    retry 30 listening "$KPORT"
    if [ ! -e "$K/seeded" ]; then
      "$NODE" "$HERE/seed-keystone.ts" "$K/seed.json"
      sqlite3 "$K/keystone.sqlite" 'PRAGMA wal_checkpoint(TRUNCATE)' > /dev/null
      echo "$made" > "$K/seeded"
      mkdir -p -m 700 "$made"
      cp -a "$K"/{keystone.sqlite,fernet-keys,credential-keys,seed.json,seeded} "$made/"
    fi
    ;;
  *) sed -n 3p "$0" | cut -c3- >&2; exit 2 ;;
esac
