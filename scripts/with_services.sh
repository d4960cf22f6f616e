#!/usr/bin/env bash
# Run a command with PostgreSQL and Redis: running ones, or Debian's, which are started for the command and stopped
# after it. LibreOffice, which opens exported files in the tests, is only installed. Without one of them the tests that
# need it are skipped.
set -uo pipefail

postgres_port=${TEST_POSTGRES_PORT:-5432}
redis_port=${TEST_REDIS_PORT:-6379}
folder=$(mktemp -d)
started=()

reachable() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

installed() { # package
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    dpkg -s "$1" >/dev/null 2>&1 && return 0
    # Debian would make and start a cluster of its own, with passwords.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}

postgres() {
    installed postgresql || return 1
    local bin
    bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb | tail -n 1)") || return 1
    chmod 755 "$folder"
    install -d -o postgres "$folder/postgres" || return 1
    runuser -u postgres -- "$bin/initdb" --auth=trust --username=postgres -D "$folder/postgres" >/dev/null || return 1
    runuser -u postgres -- "$bin/pg_ctl" -D "$folder/postgres" -l "$folder/postgres/log" -w start \
        -o "-p $postgres_port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c full_page_writes=off" >/dev/null || return 1
    started+=("runuser -u postgres -- $bin/pg_ctl -D $folder/postgres -m fast stop")
}

redis() {
    installed redis-server || return 1
    redis-server --daemonize yes --bind 127.0.0.1 --port "$redis_port" --save "" --appendonly no \
        --dir "$folder" --pidfile "$folder/redis.pid" >/dev/null || return 1
    started+=("redis-cli -h 127.0.0.1 -p $redis_port shutdown nosave")
}

stop() {
    for command in "${started[@]:-}"; do
        [ -z "$command" ] || $command >/dev/null 2>&1
    done
    rm -rf "$folder"
}
trap stop EXIT

for name in postgres redis; do
    port_of="${name}_port"
    if reachable "${!port_of}"; then
        echo "$name: already on port ${!port_of}"
    elif $name || reachable "${!port_of}"; then  # Debian's package may start Redis by itself
        echo "$name: started on port ${!port_of} for the tests"
    else
        echo "$name: not available, so the tests that need it are skipped"
    fi
done

if command -v soffice >/dev/null || installed libreoffice-calc-nogui; then
    echo "libreoffice: $(command -v soffice)"
else
    echo "libreoffice: not available, so the tests that need it are skipped"
fi

"$@"
