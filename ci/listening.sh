# To be sourced: services to test suites against, in processes of their own. `$PROGRAM` is the program with wrong cores.

listening=()
trap '[[ ${#listening[@]} == 0 ]] || kill "${listening[@]}" 2>/dev/null || true' EXIT

# The program, built unless it is given.
program_with_wrong_cores() {
    if [[ -z ${PROGRAM:-} ]]; then
        cargo build --quiet --locked -p enterprise-credentials-host --features wrong
        PROGRAM=$PWD/target/debug/enterprise-credentials
    fi
}

# Starts `oracle --listen` with these options, on a free port. Sets `address`, and `service` to its process.
listen() {
    local said=$work/listening
    # Else the address of the one before could be read.
    : >"$said"
    "$PROGRAM" oracle --listen 127.0.0.1:0 "$@" >"$said" &
    service=$!
    listening+=("$service")
    for _ in {1..100}; do
        address=$(sed -n 's/^listening on //p' "$said")
        [[ -z $address ]] || return 0
        sleep 0.1
    done
    fail "the service does not listen"
}

# Stops the service that was started last.
stop_listening() {
    kill "$service"
    wait "$service" || fail "the service ended badly"
    unset 'listening[-1]'
}
