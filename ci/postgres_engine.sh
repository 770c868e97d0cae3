#!/usr/bin/env bash
# What only the PostgreSQL engine has, on one real server with TLS and a pooler before it. All is started here, in a temporary
# directory, on loopback, as a user without privileges, and ends with this script. As root it installs Debian's `postgresql-15`
# and `pgbouncer` where they are missing. Words behind it name the tests to run.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=/usr/lib/postgresql/15/bin
if [ ! -x "$bin/postgres" ] || [ ! -x /usr/sbin/pgbouncer ]; then
    # Without the servers that the packages would start.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends postgresql-15 pgbouncer
fi

scratch=$(mktemp -d)
unprivileged() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root.
    chown postgres: "$scratch"
    unprivileged() { setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"; }
fi

# Each by its own id.
clean_up() {
    local file
    for file in "$scratch"/*.pid "$scratch/data/postmaster.pid"; do
        [ ! -e "$file" ] || kill -INT "$(head -n 1 "$file")" 2>/dev/null || true
    done
    sleep 0.5
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

port=$(free_port)
unprivileged "$bin/initdb" -N -U postgres -A trust -E UTF8 --locale=C -D "$scratch/data" >"$scratch/initdb.log"
cp host/tests/tls/first-cert.pem host/tests/tls/first-key.pem host/tests/tls/second-cert.pem "$scratch/"
chmod 600 "$scratch/first-key.pem"
if [ "$(id -u)" = 0 ]; then
    chown postgres: "$scratch"/*.pem
fi
cat >>"$scratch/data/postgresql.conf" <<END
listen_addresses = '127.0.0.1, 127.0.0.2'
port = $port
unix_socket_directories = '$scratch'
ssl = on
ssl_cert_file = '$scratch/first-cert.pem'
ssl_key_file = '$scratch/first-key.pem'
END
sed -i '1i host all locked 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.2/32 trust' "$scratch/data/pg_hba.conf"
unprivileged "$bin/pg_ctl" -D "$scratch/data" -l "$scratch/log" -w start >/dev/null

pooler() {
    local mode=$1 port_of=$2
    cat >"$scratch/$mode.ini" <<END
[databases]
* = host=127.0.0.1 port=$port
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port_of
unix_socket_dir =
auth_type = any
pool_mode = $mode
ignore_startup_parameters = extra_float_digits
pidfile = $scratch/$mode.pid
logfile = $scratch/$mode.log
END
    sed -i "s/^\* = .*/& user=postgres/" "$scratch/$mode.ini"
    chmod 644 "$scratch/$mode.ini"
    unprivileged /usr/sbin/pgbouncer -d "$scratch/$mode.ini"
}
by_transaction=$(free_port)
pooler transaction "$by_transaction"
by_session=$(free_port)
pooler session "$by_session"

export POSTGRES_URL="postgres://postgres@127.0.0.1:$port"
export POSTGRES_BY_NAME="postgres://postgres@localhost:$port"
# No name of its certificate.
export POSTGRES_BY_OTHER_NAME="postgres://postgres@127.0.0.2:$port"
export POSTGRES_BY_TRANSACTION_POOLER="postgres://postgres@127.0.0.1:$by_transaction"
export POSTGRES_BY_SESSION_POOLER="postgres://postgres@127.0.0.1:$by_session"
export POSTGRES_ROOT_CERTIFICATE="$scratch/first-cert.pem" POSTGRES_OTHER_CERTIFICATE="$scratch/second-cert.pem"
cargo test --locked -p enterprise-credentials-host --features contract,postgres --test postgres_engine -- "$@"
