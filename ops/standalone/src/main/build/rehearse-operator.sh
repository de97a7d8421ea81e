#!/bin/sh
# What an operator says for the rehearsal: people are to be asked about one model, for some seconds.
# usage: rehearse-operator.sh RUNTIME
set -u
runtime=$1
command -v curl >/dev/null || exit 0

of() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" | head -n 1; }

url=$(of control_plane_url <"$runtime")
token=$(curl -sS "$url/api/v1/iam/token" -d grant_type=client_credentials \
  -u "$(of client_id <"$runtime"):$(of client_secret <"$runtime")" | of access_token)

say() {
  curl -sS -f -o /dev/null -X "$1" "$url$2" -H "authorization: Bearer $token" \
    -H "content-type: application/json" -d "$3"
}

say PUT /api/v1/approval-workflows/rehearsal '{"tiers":[{"kind":"human","timeout_seconds":8}]}' &&
  say PUT /api/v1/policies/rehearsal '{"cedar":"@escalate(\"rehearsal\")\nforbid (principal, action == Action::\"llm:generate\", resource == Model::\"claude-demo-large\") unless { context has approval };"}' &&
  say POST /api/v1/bundles '{}'
