#!/bin/sh
# What an agent does all day, for the rehearsal.
set -u
command -v curl >/dev/null || exit 0

ask() {
  curl -sS -o /dev/null "$1" -H "authorization: Bearer $OPENAI_API_KEY" \
    -H "anthropic-version: 2023-06-01" -H "content-type: application/json" -H "prefer: wait=${3:-0}" -d "$2"
}

# People are to be asked about the one in the middle, and nobody decides: all of these end by themselves.
n=0
while [ "$n" -lt 20 ]; do
  messages="\"messages\":[{\"role\":\"user\",\"content\":\"hello $n\"}]"
  large="{\"model\":\"claude-demo-large\",\"max_tokens\":9,$messages}"
  ask "$ANTHROPIC_BASE_URL/v1/messages" "{\"model\":\"claude-demo-small\",\"max_tokens\":9,$messages}"
  ask "$ANTHROPIC_BASE_URL/v1/messages" "$large"
  ask "$OPENAI_BASE_URL/chat/completions" "{\"model\":\"gpt-demo\",\"stream\":true,$messages}"
  n=$((n + 1))
done
ask "$ANTHROPIC_BASE_URL/v1/messages" "$large" 20
