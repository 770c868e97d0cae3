# To be sourced: what a script needs beyond Rust. `fail` is the script's own.

# Takes pairs: what must be there, and Debian's package that has it. It is a command, a path, or a module of Python's as
# `python:NAME`. Installs the packages of what is missing when `CI` is set, and else fails with their names. What is there may be
# from elsewhere: Debian's Node, say, would not go together with another.
install_missing() {
    local missing=()
    while [[ $# -gt 0 ]]; do
        is_there "$1" || missing+=("$2")
        shift 2
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    [[ -n ${CI:-} ]] || fail "needed: apt-get install ${missing[*]}"
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

is_there() {
    case $1 in
    /*) [[ -e $1 ]] ;;
    python:*) python3 -c "import ${1#python:}" 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}
