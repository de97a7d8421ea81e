#!/bin/sh
# Runs the packaged program once, as client and as server, and notes which classes it loads and which
# code is hot (JEP 483, 514, 515): from then on both start in half the time. Nothing depends on it, so
# whatever goes wrong here is said and passed over.
# usage: rehearse.sh DISTRIBUTION OVER
# The file OVER is there when it is over, and says what went wrong.
set -u

home=$1
over=$2
words=$over.new
work=
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null; [ -z "$work" ] || rm -rf "$work"; mv "$words" "$over"' EXIT
rm -f "$over"
: >"$words"
. "$home/bin/find-jdk.sh"
redoubt_find_jdk || exit 0
work=$(mktemp -d)

# Unchanged jars and the same JVM: what was noted before still holds.
jvm=$home/lib/rehearsed-with
if [ -f "$home/lib/server.aot" ] && cmp -s "$JAVA_HOME/release" "$jvm" &&
  [ -z "$(find "$home/lib" -name '*.jar' -newer "$home/lib/server.aot")" ]; then
  exit 0
fi
rm -f "$home"/lib/*.aot "$jvm"

note() { echo "-XX:AOTMode=record -XX:AOTConfiguration=$work/$1.aotconf"; }

make() {
  [ -f "$work/$1.aotconf" ] || return 1
  # Whole or not at all where programs look for it.
  REDOUBT_JAVA_OPTS="-XX:AOTMode=create -XX:AOTConfiguration=$work/$1.aotconf -XX:AOTCache=$work/$1.aot" \
    "$home/bin/redoubt" "$2" && mv "$work/$1.aot" "$home/../$1.aot" && mv "$home/../$1.aot" "$home/lib/$1.aot"
}

client() {
  REDOUBT_JAVA_OPTS=$(note client) "$home/bin/redoubt" rehearse && make client rehearse
}

server() {
  # Some port is always free somewhere; which one does not matter.
  offset=$((6000 + $$ % 3000))
  REDOUBT_JAVA_OPTS=$(note server) HOME=$work \
    "$home/bin/redoubt" up --demo --data-dir "$work/data" --port-offset "$offset" &
  server=$!
  waited=0
  until [ -f "$work/data/runtime.json" ]; do
    kill -0 "$server" 2>/dev/null && [ "$waited" -lt 120 ] || return 1
    sleep 1
    waited=$((waited + 1))
  done
  sh "$(dirname "$0")/rehearse-operator.sh" "$work/data/runtime.json" || return 1
  HOME=$work "$home/bin/redoubt" run --data-dir "$work/data" --agent rehearsal --create -- \
    sh "$(dirname "$0")/rehearse-agent.sh"
  kill "$server" && wait "$server"
  server=
  make server up
}

wrong() { echo "rehearse: $1 will start more slowly" >>"$words"; }

{ client >"$home/../rehearse-client.log" 2>&1 || wrong commands; } &
commands=$!
server >"$home/../rehearse-server.log" 2>&1 || wrong servers
wait "$commands"
cp "$JAVA_HOME/release" "$jvm"
exit 0
