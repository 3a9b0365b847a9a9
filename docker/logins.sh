#!/bin/sh
# Run once on an empty folder, by the image of PostgreSQL or by Patroni, which says how the server is reached: the database
# and its logins (docs/operations.md, "Logins of the database"). Passwords come from the environment and pass through psql's
# variables, so any letter may be in them.
set -eu
psql -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "${1:-postgres}" \
    -v owner="$LS_OWNER_PASSWORD" -v web="$LS_WEB_PASSWORD" \
    -v intake="$LS_INTAKE_PASSWORD" -v worker="$LS_WORKER_PASSWORD" <<'SQL'
CREATE ROLE ls_owner LOGIN PASSWORD :'owner';
CREATE ROLE ls_app NOLOGIN;
CREATE ROLE ls_web LOGIN PASSWORD :'web';
CREATE ROLE ls_intake LOGIN PASSWORD :'intake';
CREATE ROLE ls_worker LOGIN PASSWORD :'worker';
GRANT ls_app TO ls_web, ls_worker WITH INHERIT TRUE, SET FALSE;
CREATE DATABASE listening_state OWNER ls_owner;
SQL
