#!/bin/bash
# A RabbitMQ for NOTIFY=1, on loopback: amqp and amqps, users lab (everything) and anneal (what docs/listening.md asks for), passwords like the
# names. Certificates are made here and are worth nothing elsewhere.
# usage: rabbit.sh start|stop|kill      kill: SIGKILL, as a crash; start brings it back with what was durable
set -eu
. "$(dirname "$0")/env.sh"
need_lab
lock
R=$V/rabbit

certificates() {
  [ ! -s "$R/server.pem" ] || return 0
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=Anneal lab CA' -keyout "$R/ca.key" -out "$R/ca.pem" \
    -addext 'basicConstraints=critical,CA:TRUE' 2> "$R/openssl.out"
  openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$R/server.key" -out "$R/server.csr" 2>> "$R/openssl.out"
  printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' > "$R/names"
  openssl x509 -req -in "$R/server.csr" -CA "$R/ca.pem" -CAkey "$R/ca.key" -CAcreateserial -days 3650 -extfile "$R/names" \
    -out "$R/server.pem" 2>> "$R/openssl.out"
}

configure() {
  echo '[].' > "$R/plugins"
  cat > "$R/rabbitmq.conf" << C
listeners.tcp.default = 127.0.0.1:$AMQP_PORT
listeners.ssl.default = 127.0.0.1:$AMQPS_PORT
ssl_options.cacertfile = $R/ca.pem
ssl_options.certfile = $R/server.pem
ssl_options.keyfile = $R/server.key
ssl_options.verify = verify_none
load_definitions = $R/definitions.json
C
  cat > "$R/definitions.json" << C
{"vhosts": [{"name": "/"}],
 "users": [{"name": "lab", "password": "lab", "tags": "administrator"}, {"name": "anneal", "password": "anneal", "tags": ""}],
 "permissions": [
  {"user": "lab", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"},
  {"user": "anneal", "vhost": "/", "configure": "^anneal\\\\.", "write": "^anneal\\\\.", "read": "^(anneal\\\\..*|ironic)$"}]}
C
}

start() {
  alive rabbit > /dev/null && return
  mkdir -p "$R"
  certificates
  configure
  # HOME holds the Erlang cookie. Erlang would start epmd by itself, as a daemon that outlives RabbitMQ and listens on every address; ours is
  # started first, on its own port.
  export HOME=$R ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$EPMD_PORT RUNNING_UNDER_SYSTEMD=1 \
    RABBITMQ_NODENAME=lab@localhost RABBITMQ_DIST_PORT=$ERLANG_PORT RABBITMQ_MNESIA_BASE=$R/mnesia RABBITMQ_LOG_BASE=$R/log \
    RABBITMQ_PID_FILE=$R/pid RABBITMQ_CONFIG_FILE=$R/rabbitmq RABBITMQ_ENABLED_PLUGINS_FILE=$R/plugins \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}"
  alive epmd > /dev/null || bg epmd epmd -address 127.0.0.1 -port "$EPMD_PORT"
  retry 10 listening "$EPMD_PORT"
  bg rabbit /usr/lib/rabbitmq/bin/rabbitmq-server
  retry 60 listening "$AMQP_PORT"
  retry 10 listening "$AMQPS_PORT"
}

case ${1:-} in
  start) start ;;
  stop) stop rabbit; stop epmd ;;
  kill) stop rabbit KILL ;;
  *) sed -n 4p "$0" | cut -c3- >&2; exit 2 ;;
esac
