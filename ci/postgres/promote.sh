#!/usr/bin/env bash
# Promotes the most advanced standby of a PostgreSQL primary that is lost, or given up, so that nothing acknowledged is lost and
# the old primary can acknowledge nothing any more, whether it is dead or only cut off.
#
#   promote.sh --standby NAME=CONNINFO --standby NAME=CONNINFO … [--upstream NAME=CONNINFO …] [--wait SECONDS]
#
# NAME is the standby's `application_name`, as it stands in `synchronous_standby_names`; CONNINFO is how a superuser reaches it.
# `--upstream` says how the other standbys reach it once it is the primary, if that is another way. Name every standby that can be
# reached, and no cascaded one. Needs bash and psql; passwords come from PGPASSWORD or the passfile.
#
# Of N members, each with `ANY floor(N/2) (all N names)` in its own configuration, floor(N/2) standbys have what was acknowledged.
# ceil(N/2) standbys that take nothing more from the old primary leave it too few to acknowledge anything, and at least one of
# them has every acknowledged commit. So the steps are these, and in this order:
#
#   1. cut ceil(N/2) standbys or more from the old primary, the candidate among them, and wait until they are;
#   2. only then compare how far they have got;
#   3. promote the one that is furthest, and have the others follow it.
#
# Fewer standbys than that are refused, and nothing is changed: what was acknowledged may be on the one that cannot be reached.
# Started again after a failure it begins anew, as long as no standby was promoted.
set -euo pipefail
export LC_ALL=C PGAPPNAME=promote.sh PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-5}

wait_seconds=60
names=()
declare -A reach upstream

main() {
    read_arguments "$@"
    local name members needed
    members=$(agreed_members)
    needed=$(((members + 1) / 2))
    if ((${#names[@]} < needed)); then
        refuse "${#names[@]} of $members members can be promoted or follow, and $needed are needed: a commit that was acknowledged" \
            "may be on one that is not named. Reach one more of them first."
    fi

    local candidate
    candidate=$(furthest_when_cut)
    say "promoting $candidate"
    [ "$(ask "$candidate" "SELECT pg_promote(true, $wait_seconds)")" = t ] ||
        fail "$candidate was not promoted within $wait_seconds s: see its log"
    say "$candidate is the primary"

    for name in "${names[@]}"; do
        if [ "$name" != "$candidate" ]; then
            follow "$name" "$candidate"
            say "$name follows $candidate"
        fi
    done
    # Until then pg_rewind (before 16) takes the old primary for one of the same timeline, and leaves it as it is.
    ask "$candidate" CHECKPOINT >/dev/null
    say "before the old primary follows, rewind it with pg_rewind, or make it anew with pg_basebackup"
    printf '%s\n' "$candidate"
}

read_arguments() {
    local name
    while (($# > 0)); do
        case "$1=${2-}" in
        --standby=?*=?*)
            name=${2%%=*}
            names+=("$name")
            reach[$name]=${2#*=}
            ;;
        --upstream=?*=?*) upstream[${2%%=*}]=${2#*=} ;;
        --wait=[1-9]*) wait_seconds=$2 ;;
        *)
            sed -n 's/^#   promote/usage: promote/p' "$0" >&2
            exit 2
            ;;
        esac
        shift 2
    done
    ((${#names[@]} > 0)) || refuse "no standby is named"
    ((${#names[@]} == ${#reach[@]})) || refuse "a standby is named twice"
    # A receiver that cannot reach the primary comes and goes. So it is looked for more than once: the server has read its new
    # configuration long before the last look. A standby that was started anew and has not streamed since has no position of what it
    # received, and may still be replaying.
    until_cut_off="
        DO \$\$
        DECLARE
            looks int := 0;
            ends timestamptz := clock_timestamp() + interval '$wait_seconds s';
            before pg_lsn;
        BEGIN
            WHILE looks < 5 LOOP
                looks := CASE WHEN EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0 ELSE looks + 1 END;
                IF clock_timestamp() > ends THEN
                    RAISE 'it still takes from the old primary';
                END IF;
                PERFORM pg_sleep(0.1);
            END LOOP;
            WHILE pg_last_wal_receive_lsn() IS NULL AND before IS DISTINCT FROM pg_last_wal_replay_lsn() LOOP
                before := pg_last_wal_replay_lsn();
                PERFORM pg_sleep(1);
            END LOOP;
        END \$\$"
}

# How many members there are. Every standby must say the same of them, or one of them, promoted, would acknowledge alone.
agreed_members() {
    local name listed members='' agreed=''
    for name in "${names[@]}"; do
        listed=$(ask "$name" "SELECT pg_is_in_recovery(), current_setting('synchronous_standby_names')") ||
            refuse "$name cannot be asked"
        [ "${listed%%|*}" = t ] || refuse "$name is no standby: it is a primary already"
        listed=${listed#*|}
        members=$(members_of "$listed") ||
            refuse "$name has synchronous_standby_names = '$listed' in its own configuration:" \
                "needed is 'ANY floor(N/2) (all N names)'. Promoted, it would acknowledge what no other member has."
        grep -qxF -- "$name" <<<"$members" || refuse "$name is none of its own synchronous_standby_names = '$listed'"
        [ "${agreed:=$members}" = "$members" ] || refuse "${names[0]} and $name do not name the same members"
    done
    wc -l <<<"$agreed"
}

# The names in a list as it is to be, in order; fails if it is not.
members_of() {
    [[ $1 =~ ^[[:space:]]*[Aa][Nn][Yy][[:space:]]+([0-9]+)[[:space:]]*\(([^()*]+)\)[[:space:]]*$ ]] || return 1
    local quorum=${BASH_REMATCH[1]} sorted
    sorted=$(tr ',' '\n' <<<"${BASH_REMATCH[2]}" | sed 's/^[[:space:]]*"\{0,1\}//; s/"\{0,1\}[[:space:]]*$//' | sort -u)
    # With two members there is no quorum that survives the loss of one.
    (($(wc -l <<<"$sorted") >= 3)) && ((quorum == $(wc -l <<<"$sorted") / 2)) && printf '%s\n' "$sorted"
}

# The one that is furthest, once all are cut off. How far each has got cannot change any more then.
furthest_when_cut() {
    local index found best='' furthest='' cutting=()
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    # All at once: from the first on, less and less is acknowledged.
    for index in "${!names[@]}"; do
        cut_off "${names[index]}" >"$scratch/$index" &
        cutting+=("$!")
    done
    for index in "${!names[@]}"; do
        wait "${cutting[index]}" || fail "${names[index]} was not cut off from the old primary"
        found=$(<"$scratch/$index")
        say "${names[index]} takes nothing more, and has got to ${found##*|} on timeline ${found%%|*}"
        if [[ -z $best || $found > $best ]]; then
            best=$found
            furthest=${names[index]}
        fi
    done
    printf '%s\n' "$furthest"
}

# Cuts a standby off, and gives its timeline and position, such that they can be compared as text. The timeline goes first: what an
# older one has beyond the fork was acknowledged by nobody.
cut_off() {
    local position='greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())'
    psql -XAtq -v ON_ERROR_STOP=1 "${reach[$1]}" \
        -c "ALTER SYSTEM SET primary_conninfo = ''" -c 'SELECT pg_reload_conf()' -c "$until_cut_off" \
        -c "SELECT (SELECT max(left(name, 8)) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'),
            lpad(($position - '0/0')::text, 20, '0'), $position" | tail -n 1
}

# A connection string is quoted by psql itself.
follow() {
    local conninfo=${upstream[$2]:-${reach[$2]}}
    psql -XAtq -v ON_ERROR_STOP=1 -v conninfo="$conninfo application_name=$1" "${reach[$1]}" <<<"
        ALTER SYSTEM SET primary_conninfo = :'conninfo';
        SELECT pg_reload_conf();" >/dev/null
}

ask() {
    psql -XAtq -v ON_ERROR_STOP=1 -c "$2" "${reach[$1]}"
}

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "FAILED: $*"
    exit 1
}

refuse() {
    say "REFUSED, and nothing changed: $*"
    exit 1
}

main "$@"
