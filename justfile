# Recipes of AlphaTrader Pro. `just` comes from PyPI: python3 -m venv .venv && .venv/bin/pip install uv rust-just
set shell := ["bash", "-euo", "pipefail", "-c"]
set positional-arguments

export VIRTUAL_ENV := justfile_directory() / ".venv"
export PATH := VIRTUAL_ENV / "bin" + ":" + env("HOME", "") / ".cargo/bin" + ":" + env("PATH")
export PYTHONUNBUFFERED := "1"

stamps := ".venv/.stamps"
rust_sources := "Cargo.toml Cargo.lock rust pyproject.toml"
sha256 := if os() == "macos" { "shasum -a 256" } else { "sha256sum" }

# List the recipes.
default:
    @just --list --unsorted

# Trade a paper session on the simulated market (arguments go to `alphatrader run`).
[no-exit-message]
run-paper *ARGS: setup
    @alphatrader run --mode paper "$@"

# The Rust tests, then the Python tests but the slow ones (arguments go to pytest). Both run; either failing fails.
test *ARGS: setup-dev _conformance_clients
    #!/usr/bin/env bash
    set -uo pipefail
    status=0
    cargo test --quiet --locked --package alphatrader-core --package alphatrader-fuzz || status=$?
    # A file's tests stay together: they share markets and processes that take seconds to build.
    python -m pytest -m "not slow" --numprocesses auto --dist loadfile "$@" || status=$?
    exit "$status"

# The tests marked slow: long sessions, crash matrix.
test-slow *ARGS: setup-dev _conformance_clients
    @python -m pytest -m slow --numprocesses auto --dist loadfile "$@"

# Unmodified clients against the simulated gateway; brings the matrix in docs/simulator.md up to date and prints it.
[no-exit-message]
conformance *ARGS: setup-dev _conformance_clients
    #!/usr/bin/env bash
    set -uo pipefail
    status=0
    python -m pytest tests/conformance -q "$@" || status=$?
    sed -n '/conformance:begin/,/conformance:end/p' docs/simulator.md
    exit "$status"

# Every check that needs no running system; a warning is an error. All run, so that one run shows all faults.
lint: setup-dev
    #!/usr/bin/env bash
    set -uo pipefail
    status=0
    check() { echo "-- $*"; "$@" || status=1; }
    check ruff check .
    check ruff format --check .
    check mypy
    check lint-imports
    check cargo fmt --all --check
    check cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
    check python -m mypy.stubtest alphatrader._core --concise
    exit "$status"

# Rewrite the sources in the house format.
fmt: setup-dev
    ruff check --fix-only --exit-zero .
    ruff format .
    cargo fmt --all

# Our kernels against their peers (docs/benchmarks.md): `just bench --quick`, `just bench vpin`. Alone: all of it, recorded.
bench *ARGS: setup _peers
    @PYTHONPATH=python .venv-bench/bin/python -m bench "$@"

# Fuzz every parser and kernel for SECONDS each, two at a time; or one target. Needs a C++ compiler, but no nightly Rust.
[no-exit-message]
fuzz TARGET="all" SECONDS="60":
    @.ci/fuzz "{{ TARGET }}" "{{ SECONDS }}"

# Times of the Rust kernels with criterion (arguments go to it: a kernel's name, --save-baseline ...).
bench-rust *ARGS:
    @cargo bench --quiet --locked --package alphatrader-core --bench kernels -- "$@"

# Count each Rust kernel's instructions and compare with the recorded figures (--write records, with --reason TEXT).
[no-exit-message]
instructions *ARGS: _preflight
    @python -m bench.instructions "$@"

# The unit tests of the functions that hold `unsafe`, under Miri. Needs nightly Rust with miri, which CI does not have.
miri:
    cargo +nightly miri test --package alphatrader-core --lib -- lanes occ:: vpin::
    RUSTFLAGS="-Ctarget-feature=+avx2,+fma" cargo +nightly miri test --package alphatrader-core --lib -- lanes occ:: vpin::

# Build the abi3 wheel into dist/, and import it in a fresh environment outside of the checkout.
wheel: setup-dev
    #!/usr/bin/env bash
    set -euo pipefail
    maturin build --release --locked --quiet --out dist
    wheel="$(ls -t dist/alphatrader-*.whl | head -1)"
    place="$(mktemp -d)"
    trap 'rm -rf "$place"' EXIT
    python -m venv "$place/venv"
    # Alone, without its dependencies: the core needs NumPy where arrays are asked for, and nothing else.
    "$place/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$wheel"
    cd "$place"
    env -i "$place/venv/bin/python" -I -c "import alphatrader._core as core; print(core.parse_occ('SPY   260302C00650000'))"
    env -i "$place/venv/bin/python" -I -X importtime -c "import alphatrader._core" 2>&1 | tail -2
    "$place/venv/bin/python" -m zipfile --list "$OLDPWD/$wheel" | grep -E '_core|py.typed|METADATA' | sed 's/  */ /g'

# Install what running needs and build the Rust core. Quick when nothing changed.
setup: _preflight (_install "requirements.lock") _core

# The same with the tools of development.
setup-dev: _preflight (_install "requirements-dev.lock") _core

# Resolve the dependencies of pyproject.toml anew into the hashed lock files (they name no registry).
lock: _preflight
    uv pip compile pyproject.toml --group build --quiet {{ lock_options }} --output-file requirements.lock
    uv pip compile pyproject.toml --group dev --quiet {{ lock_options }} --constraints requirements.lock \
        --output-file requirements-dev.lock
    uv pip compile pyproject.toml --group bench --quiet {{ lock_options }} --output-file requirements-bench.lock
    for client in latest nautilus 9-81; do \
        uv pip compile --group "pyproject.toml:conformance-$client" --quiet {{ lock_options }} \
            --output-file "requirements-conformance-$client.lock"; \
    done

lock_options := "--universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url"

# Remove what was built and cached. Keeps .venv and var (journals, event logs).
clean:
    rm -rf .venv-bench .venv-conformance target dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks {{ stamps }}
    rm -f python/alphatrader/_core*.so
    find python tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

_preflight:
    #!/usr/bin/env bash
    set -euo pipefail
    stop() { echo "error: $*" >&2; exit 2; }
    [ -x .venv/bin/python ] || stop "there is no .venv here: run  python3 -m venv .venv && .venv/bin/pip install uv rust-just"
    python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || stop \
        ".venv has Python $(python -c 'import platform; print(platform.python_version())'), and 3.11, 3.12 or 3.13 is" \
        "needed (ib_insync does not import on 3.14): remove .venv and make it with one of these, for example python3.12 -m venv .venv"
    [ -x .venv/bin/uv ] || stop "uv is not in .venv: run  .venv/bin/pip install uv"
    command -v git >/dev/null || stop "git is missing: install it with the system's package manager"
    command -v cargo >/dev/null || stop "Rust is missing: install its toolchain (https://rustup.rs, 1.88 or newer) and run this again"
    command -v cc >/dev/null || stop "a C linker is missing: install gcc or clang with the system's package manager (Debian: apt install gcc)"

_install LOCK:
    #!/usr/bin/env bash
    set -euo pipefail
    mkdir -p {{ stamps }}
    stamp="{{ stamps }}/{{ LOCK }}"
    want="$({{ sha256 }} < {{ LOCK }}) $(python -VV)"
    # The development lock holds all of the runtime lock, so either stamp of the larger one will do.
    if [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then exit 0; fi
    if [ {{ LOCK }} = requirements.lock ] \
        && [ "$(cat {{ stamps }}/requirements-dev.lock 2>/dev/null)" = "$({{ sha256 }} < requirements-dev.lock) $(python -VV)" ]; then exit 0; fi
    echo "installing the packages of {{ LOCK }}" >&2
    # Not `sync`: that would remove uv and just themselves.
    uv pip install --quiet --require-hashes --requirements {{ LOCK }}
    echo "$want" > "$stamp"

# The peers have an environment of their own: nautilus_trader pins other versions than those that trade.
_peers:
    #!/usr/bin/env bash
    set -euo pipefail
    want="$({{ sha256 }} < requirements-bench.lock) $(python -VV)"
    if [ "$(cat .venv-bench/stamp 2>/dev/null)" = "$want" ]; then exit 0; fi
    echo "installing the peers of requirements-bench.lock into .venv-bench" >&2
    uv venv --quiet --clear --python .venv/bin/python .venv-bench
    export VIRTUAL_ENV=.venv-bench
    options="--quiet --require-hashes --only-binary :all:"
    if ! uv pip install $options --requirements requirements-bench.lock; then
        echo "not every peer has a wheel here: installing those that have, one by one" >&2
        python -m bench.peers requirements-bench.lock -- uv pip install --no-deps $options --requirements
    fi
    echo "$want" > .venv-bench/stamp

# The official client in three releases, each in a directory of its own: all three are a module `ibapi`. Where one
# cannot be installed, its rows of the conformance tests skip.
_conformance_clients:
    #!/usr/bin/env bash
    set -euo pipefail
    for client in latest nautilus 9-81; do
        lock="requirements-conformance-$client.lock"
        place=".venv-conformance/$client"
        want="$({{ sha256 }} < "$lock") $(python -VV)"
        if [ "$(cat "$place/.stamp" 2>/dev/null)" = "$want" ]; then continue; fi
        echo "installing the client of $lock into $place" >&2
        rm -rf "$place"
        # The oldest is a source package: the lock names what it is built with, too.
        if uv pip install --quiet --require-hashes --build-constraints "$lock" --target "$place" --requirements "$lock"; then
            echo "$want" > "$place/.stamp"
        else
            rm -rf "$place"
            echo "note: the client of $lock could not be installed: the conformance tests skip its rows" >&2
        fi
    done

_core:
    #!/usr/bin/env bash
    set -euo pipefail
    want="$(find {{ rust_sources }} -type f -print0 | LC_ALL=C sort -z | xargs -0 {{ sha256 }} | {{ sha256 }}) $(cargo --version) $(python -VV)"
    if [ "$(cat {{ stamps }}/core 2>/dev/null)" = "$want" ] && ls python/alphatrader/_core*.so >/dev/null 2>&1; then exit 0; fi
    echo "building the Rust core (a few minutes the first time)" >&2
    # Offline, and with the build group alone: every dependency is installed from the lock, and nothing else may come in.
    UV_OFFLINE=1 maturin develop --uv --release --locked --quiet --group build
    echo "$want" > {{ stamps }}/core
