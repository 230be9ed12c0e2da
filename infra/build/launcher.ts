/** The executable beside a bundle: a POSIX shell script that starts it with a Node that is new enough, or says what is missing. */
import { chmodSync, writeFileSync } from 'node:fs';

export const OLDEST_NODE = 24;

export interface Launcher {
  /** Script beside it. */
  readonly script: string;
  readonly flags: readonly string[];
}

/** Writes it to `file`. */
export function writeLauncher(file: string, launcher: Launcher): void {
  writeFileSync(file, textOf(launcher));
  chmodSync(file, 0o755);
}

/** Of the shell nothing but what is built into it is needed: where PATH is empty, that can be said too. */
function textOf({ script, flags }: Launcher): string {
  return `#!/bin/sh
# Starts ${script} with Node ${OLDEST_NODE} or newer, and says what to do where there is none.
refuse() {
  echo "$1: $2" >&2
  echo "Install Node ${OLDEST_NODE}: unpack the archive for this machine from https://nodejs.org/en/download with" >&2
  echo "tar -xJf node-v${OLDEST_NODE}.*.tar.xz -C /usr/local --strip-components=1; or put the folder of one first on the PATH." >&2
  exit 1
}
self=$0
if [ -h "$self" ]; then self=$(readlink -f "$self"); fi
case $self in */*) here=\${self%/*} ;; *) here=. ;; esac

node=$(command -v node) || refuse node-missing "Node ${OLDEST_NODE} or newer is needed, and there is no node on the PATH"
version=$("$node" --version 2>&1) || refuse node-broken "Node ${OLDEST_NODE} or newer is needed; $node does not run: $version"
major=\${version#v}
major=\${major%%.*}
case $major in '' | *[!0-9]*) major=0 ;; esac
[ "$major" -ge ${OLDEST_NODE} ] || refuse node-too-old "Node ${OLDEST_NODE} or newer is needed; $node is $version"

exec "$node" ${[...flags, '"$here"'].join(' ')}/${script} "$@"
`;
}
