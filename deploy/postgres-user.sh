#!/bin/sh
# Makes the user fleet and the database fleet, which this user owns. The user may do nothing else on the server.
#
# Runs as a superuser, whom the variables PGHOST, PGUSER and PGPASSWORD name, or in PostgreSQL's image when it makes its
# data. FLEET_POSTGRES_PASSWORD is the password of the new user.
set -eu

: "${FLEET_POSTGRES_PASSWORD:?is the password of the new user, and is not set}"

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="${PGUSER:-${POSTGRES_USER:-postgres}}" --dbname=postgres <<'SQL'
\getenv password FLEET_POSTGRES_PASSWORD
CREATE ROLE fleet LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
CREATE DATABASE fleet OWNER fleet;
REVOKE ALL ON DATABASE fleet, postgres, template1 FROM PUBLIC;
SQL
