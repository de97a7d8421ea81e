#!/bin/sh
# What an agent does all day, for the rehearsal: often enough that the JVM has a picture of what is hot.
set -u
command -v curl >/dev/null || exit 0

text="The enclave decides, writes down what it will do, and only then does it; say that again, please."
messages="\"messages\":[{\"role\":\"user\",\"content\":\"$text\"}]"

# One call in the form of curl's configuration, where a quotation mark is written with a backslash.
call() {
  echo next
  quoted=$(printf '%s' "$2" | sed 's/[\\"]/\\&/g')
  cat <<END
url = "$1"
header = "authorization: Bearer $OPENAI_API_KEY"
header = "anthropic-version: 2023-06-01"
header = "content-type: application/json"
data = "$quoted"
output = "/dev/null"
silent
END
}

round() {
  call "$ANTHROPIC_BASE_URL/v1/messages" "{\"model\":\"claude-demo-small\",\"max_tokens\":9,$messages}"
  call "$ANTHROPIC_BASE_URL/v1/messages" \
    "{\"model\":\"claude-demo-small\",\"max_tokens\":90,\"stream\":true,$messages}"
  call "$OPENAI_BASE_URL/chat/completions" "{\"model\":\"gpt-demo\",$messages}"
  call "$OPENAI_BASE_URL/chat/completions" "{\"model\":\"gpt-demo\",\"stream\":true,$messages}"
}

# One client for all of them: its connections stay open, and it starts once.
round=$(round)
n=0
{
  call "$OPENAI_BASE_URL/models" "{}" | sed -e 1d -e '/^data/d'
  while [ "$n" -lt 500 ]; do
    printf '%s\n' "$round"
    n=$((n + 1))
  done
} | curl --config -
