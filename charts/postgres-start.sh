set -Eeuo pipefail
docker-entrypoint.sh postgres -c listen_addresses=127.0.0.1 -c port=5433 &
server=$!
trap 'kill -INT "$server"' TERM INT
export PGHOST=127.0.0.1 PGPORT=5433 PGPASSWORD="$POSTGRES_PASSWORD"
until pg_isready --quiet; do
  kill -0 "$server"
  sleep 0.1
done
for pair in $(echo "$PARLEY_DATABASES" | tr ',' ' '); do
  role="${pair%%/*}"
  variable="PARLEY_PASSWORD_$(echo "$role" | tr 'a-z-' 'A-Z_')"
  { echo '\getenv password PASSWORD'; cat /etc/parley/postgres/ownership.sql; } |
    PASSWORD="${!variable}" psql --quiet --no-psqlrc --username "$POSTGRES_USER" --dbname postgres \
      --set ON_ERROR_STOP=1 --set role="$role" --set database="${pair#*/}"
done
kill -INT "$server"
wait "$server"
trap - TERM INT
unset PGHOST PGPORT PGPASSWORD
exec docker-entrypoint.sh postgres
