#!/bin/sh
# Runs uv on this checkout, and fetches uv and a Python where the machine has none: `sh .make/uv.sh sync`.
#
# Needs a POSIX sh. Where uv is not installed, it also needs Python 3.10 or newer, whose pip fetches uv; or else curl or
# wget. The project runs on Python 3.12 or newer; where there is none, uv fetches Python 3.13. No network is needed once
# .tools/ holds uv, and .venv the packages.
set -eu

uv_version=0.13.8 # writes uv.lock; a uv of this minor version or newer reads it
fetched_python=3.13 # for a machine without one that pyproject.toml accepts; every locked package has wheels for it
# A pip for a Python without one; `python3 -m pip install --dry-run --ignore-installed --report - pip` names the next.
pip_wheel=https://files.pythonhosted.org/packages/07/25/ee8c38ae72d66b844ce8eb9711ba905dba21ca1a8a0c960057c41cd23337/pip-26.3-py3-none-any.whl
pip_sha256=f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13
uv_installer=https://astral.sh/uv/$uv_version/install.sh

CDPATH='' cd -P -- "$(dirname -- "$0")/.."

say() {
    printf '%s\n' "$*" >&2
}

# Whether the command is a uv that runs on this machine, and is of this minor version or newer.
reads_lock() {
    reported=$("$1" --version 2>/dev/null) || return 1
    reported=${reported#uv }
    minor=${reported#*.}
    wanted=${uv_version#*.}
    [ "${reported%%.*}" -gt "${uv_version%%.*}" ] || {
        [ "${reported%%.*}" -eq "${uv_version%%.*}" ] && [ "${minor%%.*}" -ge "${wanted%%.*}" ]
    }
} 2>/dev/null

# Prints the first Python on PATH that is new enough for today's pip and can import the module.
python_with() (
    IFS=:
    for folder in $PATH; do
        for python in "$folder"/python3 "$folder"/python3.[1-9][0-9]; do
            if "$python" -c "import sys, $1; sys.exit(sys.version_info < (3, 10))" 2>/dev/null; then
                printf '%s\n' "$python"
                return
            fi
        done
    done
    return 1
)

fetch_pip() {
    "$1" - <<END
import hashlib, pathlib, urllib.request
wheel = urllib.request.urlopen("$pip_wheel", timeout=60).read()
if hashlib.sha256(wheel).hexdigest() != "$pip_sha256":
    raise SystemExit("$pip_wheel does not have the expected SHA-256")
pathlib.Path("$stage/pip.whl").write_bytes(wheel)
END
}

install_with_pip() {
    if python=$(python_with pip); then
        :
    elif python=$(python_with ssl) && fetch_pip "$python"; then
        export PYTHONPATH="$stage/pip.whl" # Python imports from a wheel without unpacking it
    else
        return 1
    fi
    # The user's pip configuration is used, since it may name a mirror; what would forbid --target is overridden.
    PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 "$python" -m pip install --quiet --no-input --disable-pip-version-check \
        --no-deps --only-binary :all: --target "$stage" "uv==$uv_version"
}

install_with_installer() {
    { curl -fsSL -o "$stage/install.sh" "$uv_installer" || wget -qO "$stage/install.sh" "$uv_installer"; } &&
        UV_UNMANAGED_INSTALL="$PWD/$stage/bin" sh "$stage/install.sh"
}

# Fetches into a folder of its own and renames the result, so an interrupted fetch leaves nothing that looks complete.
fetch_uv() (
    stage=.tools/stage.$$
    trap 'rm -rf "$stage"' EXIT
    trap 'exit 1' HUP INT TERM
    say "Fetching uv $uv_version into .tools"
    mkdir -p "$stage"
    if ! { install_with_pip || install_with_installer; } >.tools/log 2>&1 || ! reads_lock "$stage/bin/uv"; then
        say "uv $uv_version could not be fetched (.tools/log says why): is PyPI reachable? Or install uv yourself."
        exit 1
    fi
    mv -f "$stage/bin/uv" "$uv"
)

choose_python() {
    required=$(sed -n 's/^requires-python = "\(.*\)"$/\1/p' pyproject.toml)
    found=$("$uv" python find --no-project "$required" 2>/dev/null) || found=
    case $found in
    "$PWD/.venv/"*) ;;
    ?*)
        say "Using $("$found" -V) from $found"
        export UV_PYTHON="$found"
        ;;
    *)
        say "Fetching Python $fetched_python: none $required is on PATH or in pyenv"
        mkdir -p .tools
        if ! "$uv" python install --no-bin "$fetched_python" >.tools/log 2>&1; then
            say "Python $fetched_python could not be fetched (.tools/log says why): install a Python $required," \
                "or name one in UV_PYTHON."
            exit 1
        fi
        export UV_PYTHON="$fetched_python"
        ;;
    esac
}

# Whether the process runs. Without an init, as in some containers, a killed one remains as a zombie without a program.
is_alive() {
    kill -0 "$1" 2>/dev/null && { [ ! -d /proc/self ] || [ -e "/proc/$1/exe" ]; }
}

# uv takes a package that is half copied for an installed one. So .venv is removed after a sync that was killed. A sync
# that still runs is left alone: uv waits for it.
discard_half_made() {
    if installer=$(cat "$installing" 2>/dev/null) && ! is_alive "$installer"; then
        rm -rf .venv
    fi
}

# pyenv's shims run only the versions that pyenv has selected. So the folders of all versions are searched last, newest
# first.
behind_shims=
for folder in "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.*/bin; do
    behind_shims=$folder${behind_shims:+:$behind_shims}
done
export PATH="$PATH:$behind_shims"
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}" # a company's certificate authority is in the system's store
unset VIRTUAL_ENV UV_PROJECT_ENVIRONMENT       # the project's environment is .venv, whichever one is active

installing=.tools/installing # holds the process that fills .venv
uv=.tools/uv-$uv_version
if ! reads_lock "$uv"; then
    if reads_lock uv; then
        uv=uv
    else
        fetch_uv
    fi
fi
if [ "${1:-}" = sync ]; then
    discard_half_made
fi
if [ -z "${UV_PYTHON:-}" ]; then
    choose_python
fi
if [ "${1:-}" != sync ]; then
    exec "$uv" "$@"
fi
say "Installing the locked packages"
mkdir -p .tools
echo $$ >"$installing"
"$uv" "$@"
rm -f "$installing"
