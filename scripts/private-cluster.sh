# Sourced by scripts that measure clusters: a private PostgreSQL of the installed binaries (scripts/postgres) and silos beside it, all on
# loopback, all stopped and removed when the script ends. Takes `bin` (directory of a published broker; empty: published here), `base`
# (where the data goes), `settings` (more options of every silo) and `log_databases` (further databases of the same server for the log, 0 if it is
# not set); gives `root`, `postmaster`, `pids`, `gateways`, `endpoint`.

scripts/postgres
postgres_bin=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1 | xargs -r dirname)
[ -n "$postgres_bin" ] || { echo "$0: PostgreSQL is missing (Debian: apt-get install postgresql)." >&2; exit 1; }
root=$(mktemp -d "$base/broker-bench-cluster.XXXXXX")
mkdir "$root/postgres"
chmod 755 "$root"

# The server refuses to run as root.
as=()
if [ "$(id -u)" -eq 0 ]; then chown postgres "$root/postgres"; as=(runuser -u postgres --); fi

pids=()
stop_silos() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do
    for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  pids=()
}
tidy() {
  stop_silos
  if [ -e "$root/postgres/data/postmaster.pid" ]; then "${as[@]}" "$postgres_bin/pg_ctl" -D "$root/postgres/data" -s -w -m immediate stop || true; fi
  rm -rf "$root"
}
trap tidy EXIT
trap 'exit 130' INT TERM

# Sets `port` to one on which nobody listens; those before it are not given again.
port=$((20000 + RANDOM % 8000))
next_port() { while port=$((port + 1)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done; }
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /healthz HTTP/1.0\r\n\r\n' >&3 && grep -q ' 200 ' <&3) 2>/dev/null; }

if [ -z "$bin" ]; then bin=$root/bin; dotnet publish src/Cli -c Release -v quiet -nologo -o "$bin"; fi

next_port
postgres_port=$port
"${as[@]}" "$postgres_bin/initdb" -D "$root/postgres/data" -U broker -A trust -E UTF8 --locale=C >"$root/initdb.log" 2>&1 || { cat "$root/initdb.log" >&2; exit 1; }
"${as[@]}" sh -c 'cat >>"$0"' "$root/postgres/data/postgresql.conf" <<END
port = $postgres_port
listen_addresses = '127.0.0.1'
unix_socket_directories = '$root/postgres'
shared_buffers = 512MB
max_wal_size = 4GB
min_wal_size = 4GB
max_connections = 300
END
"${as[@]}" "$postgres_bin/pg_ctl" -D "$root/postgres/data" -l "$root/postgres/log" -s -w start
postmaster=$(head -n 1 "$root/postgres/data/postmaster.pid")
sql() { "$postgres_bin/psql" -h 127.0.0.1 -p "$postgres_port" -U broker -d "${2:-postgres}" -X -q -At -c "$1"; }

# Silos that the cluster has declared dead since it was started.
declared_dead() { sql "SELECT count(*) FROM broker_members WHERE status = 6" "$database"; }

# Starts silo $1 of the cluster, from 0, where it was before if it was.
start_silo() {
  "$bin/broker" serve --postgres "$connection" --roles silo,gateway --listen "http://127.0.0.1:${gateways[$1]}" --silo-port "${silo_ports[$1]}" \
    --silo-gateway-port "${silo_gateway_ports[$1]}" --advertise 127.0.0.1 --cluster-id "$database" --data "$root/silo-$1" --limits unlimited \
    "${settings[@]}" "${log_settings[@]}" >"$root/silo-$1.log" 2>&1 &
  pids[$1]=$!
  disown "${pids[$1]}" # The shell need not tell how it ended.
}

# Waits until silo $1 takes requests.
await_silo() {
  local deadline=$((SECONDS + 60))
  until answers "${gateways[$1]}"; do
    if ! kill -0 "${pids[$1]}" 2>/dev/null || [ $SECONDS -gt $deadline ]; then echo "$0: silo $1 does not serve:" >&2; cat "$root/silo-$1.log" >&2; exit 1; fi
    sleep 0.1
  done
}

# The name of the cluster's database $1, from 0, which holds all but a part of the log.
database_name() { if [ "$1" -eq 0 ]; then echo "$database"; else echo "${database}_log_$1"; fi; }

# Starts a cluster of $1 silos on a database of its own, and sets `gateways`, their ports, and `endpoint`, all of them.
start_cluster() {
  local i databases=() connections=()
  database=bench_$1
  for ((i = 0; i <= ${log_databases:-0}; i++)); do
    databases+=("$(database_name "$i")")
    sql "CREATE DATABASE ${databases[$i]}"
    connections+=("Host=127.0.0.1;Port=$postgres_port;Username=broker;Database=${databases[$i]}")
  done
  connection=${connections[0]}
  log_settings=()
  if [ "${log_databases:-0}" -gt 0 ]; then log_settings=("--Broker:Postgres:LogDatabases=$(IFS='|'; echo "${connections[*]:1}")"); fi
  "$bin/broker" migrate $(printf -- '--postgres %s ' "${connections[@]}") >"$root/migrate.log" 2>&1 || { cat "$root/migrate.log" >&2; exit 1; }
  gateways=() silo_ports=() silo_gateway_ports=() endpoint=
  for ((i = 0; i < $1; i++)); do
    next_port; gateways+=("$port")
    next_port; silo_ports+=("$port")
    next_port; silo_gateway_ports+=("$port")
    endpoint+=${endpoint:+,}http://127.0.0.1:${gateways[$i]}
    start_silo "$i"
  done
  for ((i = 0; i < $1; i++)); do await_silo "$i"; done
}
