#!/bin/sh
# Run once by the image, on an empty volume. Memoir gets a role of its own: row-level security, which keeps tenants apart,
# does not hold for a superuser.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$MEMOIR_PASSWORD" <<'SQL'
CREATE ROLE memoir LOGIN PASSWORD :'password';
CREATE DATABASE memoir OWNER memoir;
\connect memoir
CREATE EXTENSION vector;
SQL
