# Finds a JDK 25 or newer without being told where it is. To be sourced: sets JAVA_HOME, or says what
# is missing and how to get it, and returns 1.

redoubt_java_major() {
  # The release file says it without starting a JVM.
  [ -x "$1/bin/java" ] && [ -f "$1/release" ] || return 1
  sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9][0-9]*\).*/\1/p' "$1/release"
}

redoubt_is_jdk() {
  redoubt_major=$(redoubt_java_major "$1") && [ -n "$redoubt_major" ] &&
    [ "$redoubt_major" -ge 25 ] && { [ "${2:-}" != jdk ] || [ -x "$1/bin/javac" ]; }
}

# redoubt_find_jdk [jdk]: with `jdk` a compiler is wanted too; without it a runtime will do.
redoubt_find_jdk() {
  if [ -n "${JAVA_HOME:-}" ] && redoubt_is_jdk "$JAVA_HOME" "${1:-}"; then
    return 0
  fi
  redoubt_path_java=$(command -v java 2>/dev/null) &&
    redoubt_path_java=$(readlink -f "$redoubt_path_java" 2>/dev/null) || redoubt_path_java=
  for redoubt_home in \
    "${redoubt_path_java%/bin/java}" \
    /usr/lib/jvm/* \
    "${SDKMAN_DIR:-${HOME:-/nonexistent}/.sdkman}"/candidates/java/* \
    "${HOME:-/nonexistent}"/.jdks/* \
    "${HOME:-/nonexistent}"/.local/share/mise/installs/java/* \
    /opt/java/* /opt/jdk* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    if [ -n "$redoubt_home" ] && redoubt_is_jdk "$redoubt_home" "${1:-}"; then
      JAVA_HOME=$redoubt_home
      export JAVA_HOME
      return 0
    fi
  done
  cat >&2 <<'EOF'
redoubt: no JDK 25 or newer was found.
  Looked at JAVA_HOME, at java on the PATH, in /usr/lib/jvm, in ~/.sdkman and in ~/.jdks.
  To get one:
    Debian, Ubuntu   apt install temurin-25-jdk        (repository: https://adoptium.net/installation/linux)
    SDKMAN           sdk install java 25-tem
    anywhere         unpack one from https://adoptium.net and set JAVA_HOME to its directory
EOF
  return 1
}
