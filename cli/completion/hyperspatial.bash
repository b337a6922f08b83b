# Completion of hyperspatial in bash: commands, options, their values, collections and entity types.

# The addresses that start as the word typed so far: collections of the root, types of a collection.
_hyperspatial_addresses() {
    local root=$1 word=$2 file
    if [[ $word == */* ]]; then
        local collection=${word%%/*}
        hyperspatial -d "$root" --format csv list "$collection" 2>/dev/null |
            sed -n "2,\$s|^\([^,]*\),.*|$collection/\1|p"
    else
        for file in "$root"/*.hs; do
            [[ -e $file ]] && file=${file##*/} && echo "${file%.hs}"
        done
    fi
}

_hyperspatial_options() {
    echo --directory --format --help --version
    case $1 in
    backup) echo --force --quiet ;;
    check) echo --salvage ;;
    drop) echo --yes ;;
    edges) echo --in --out --type --type-prefix --other-type --active --as-of --count --properties --limit ;;
    export) echo --type --output --meta ;;
    get) echo --details --as-of ;;
    graph) echo --type --edge --from --to --undirected --reverse --depth --weighted --where --active --as-of --min-weight \
        --max-weight --limit --groups --iterations --damping --memory --threads ;;
    import) echo --max-rejects --rejects --batch --durability --quiet ;;
    index) echo --unique --vector --positions --weights --metric --links --width --seed --threads --from --to --descending --limit ;;
    list) echo --where --limit --after --columns --order-by --descending --explain ;;
    measures) echo --from --to --by --top --bottom --set --increment --reset --delete --unit --time ;;
    trajectory) echo --from --to --at --last --every --moved --metric --drift --velocity --kind ;;
    nearest) echo --count --metric --weights --where --threads --exact --width --explain ;;
    rank) echo --count --depth --fuse --where ;;
    within) echo --distance --metric --weights --where --limit ;;
    plot) echo --output --kind --type --label --labels --nodes --centre --time ;;
    position)
        echo --strategy --vector --radius --type --closure --symmetric --dimension --epochs --learned --from-stored
        echo --negatives --rate --seed --time --limit --quiet
        ;;
    history) echo --edge --to ;;
    purge) echo --before --edges --edge --to ;;
    retain) echo --keep --now ;;
    series) echo --from --to --every --agg --gap --percentile --weighted --as-of --join --delete-range ;;
    set) echo --create --unset --revision ;;
    stats) echo --storage ;;
    type) echo --set ;;
    vectors) echo --unset --register --dimension --form --element --metric --drop ;;
    esac
}

# The values of an option of a command; fails if they cannot be listed.
_hyperspatial_values() {
    case $1:$2 in
    *:-f | *:--format) echo table json csv ;;
    import:--durability) echo durable buffered relaxed ;;
    import:--max-rejects) echo unlimited ;;
    nearest:-m | nearest:--metric | within:-m | within:--metric)
        echo l2 cosine inner-product l1 hamming hyperbolic ;;
    vectors:-m | vectors:--metric) echo l2 cosine inner-product l1 hamming ;;
    index:-m | index:--metric) echo l2 cosine inner-product l1 ;;
    rank:--fuse) echo ranks scores ;;
    index:index) echo create drop list stats count ;;
    vectors:--form) echo dense binary sparse multi ;;
    vectors:--element) echo float32 float16 int8 ;;
    plot:--kind | trajectory:--kind) echo graph embedding property ;;
    position:position) echo init learn show ;;
    position:-s | position:--strategy) echo degree tree embedding fingerprint ;;
    series:-a | series:--agg) echo avg min max sum count first last all ;;
    series:--gap) echo skip null previous linear ;;
    series:--weighted) echo step linear ;;
    series:-e | series:--every) echo 1m 15m 1h 1d 1w ;;
    trajectory:-m | trajectory:--metric) echo hyperbolic euclidean ;;
    *) return 1 ;;
    esac
}

_hyperspatial() {
    local commands="backup check compact create delete drop edges export get graph help history import index list measures nearest plot
        position purge rank retain series set stats trajectory type vectors within"
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local root=${HYPERSPATIAL_ROOT-} command='' values i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -d | --directory) root=${COMP_WORDS[i + 1]-} && ((i++)) ;;
        -f | --format) ((i++)) ;;
        -*) ;;
        *) [[ -z $command ]] && command=${COMP_WORDS[i]} ;;
        esac
    done
    COMPREPLY=()
    if values=$(_hyperspatial_values "$command" "$before"); then
        COMPREPLY=($(compgen -W "$values" -- "$word"))
    elif [[ $before == -d || $before == --directory ]]; then
        COMPREPLY=($(compgen -d -- "$word"))
    elif [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$(_hyperspatial_options "$command")" -- "$word"))
    elif [[ -z $command || $command == help ]]; then
        COMPREPLY=($(compgen -W "$commands" -- "$word"))
    elif [[ $command == backup && $before != backup && $before != -* ]]; then
        COMPREPLY=($(compgen -f -- "$word"))
    elif [[ $command == graph && $before != graph && $before != -* ]]; then
        COMPREPLY=($(compgen -W "bfs shortest-path paths components pagerank labels clustering" -- "$word"))
    elif [[ $command == import || $before == -o || $before == --output || $before == --salvage ]]; then
        COMPREPLY=($(compgen -f -- "$word"))
    elif [[ -n $root ]]; then
        COMPREPLY=($(compgen -W "$(_hyperspatial_addresses "$root" "$word")" -- "$word"))
        [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} != */* ]] && compopt -o nospace 2>/dev/null
    fi
}
complete -o filenames -F _hyperspatial hyperspatial
