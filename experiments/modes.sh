#!/usr/bin/env bash
# Every way of searching, measured on judged collections.
#
#   DATA=path/to/beir/folders experiments/modes.sh scifact medline python-stdlib
#   DATA=... RERANK=likelihood:google/gemma-3-270m experiments/modes.sh medline
#   DATA=... RERANK=cross-encoder:runs/reader/model AS=read experiments/modes.sh medline
#   DATA=... LATE=runs/late/model SPARSE=runs/sparse/model AS=learned experiments/modes.sh medline
#   DATA=... EXPAND=google/gemma-3-270m AS=expanded experiments/modes.sh medline
#
# Results go to experiments/results/modes-COLLECTION-MODE.json; lexical, dense and both hybrids are
# measured each time. More is measured with
#
#   RERANK          hybrid search with its best 20 hits (TOP=N: N) read again, as hybrid-AS
#   LATE, SPARSE    an index that has late interaction, over the best 200 of the others, or learned sparse
#                   search too: late; sparse, and hybrid search of all three, hybrid-sparse
#   EXPAND          an index whose BM25 reads so many generated queries of each passage as well (QUERIES=N:
#                   N, 3 if left out; FILTER=TEACHER keeps the best): lexical-AS and hybrid-AS
#
# modes-COLLECTION-compared-AS.json has the paired tests against hybrid search, with EXPAND against BM25;
# AS=rrf compares hybrid:rrf. Where AS is not given it is "expanded" with EXPAND, else "reranked", and the
# file modes-COLLECTION-compared.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${DATA:?name the folder that holds the BEIR folders, as in DATA=../data}"

# A folder in DATA, or what can be named without one, such as python-stdlib.
source_of() { [ -d "$DATA/$1" ] && echo "$DATA/$1" || echo "$1"; }

measure() { # INDEX COLLECTION NAME OPTIONS...
  local out="experiments/results/modes-$2-$3.json"
  acclimate evaluate "$1" "$(source_of "$2")" --measures "nDCG@10 R@100" \
    --save-run "runs/modes/$2-$3.trec" --json "${@:4}" > "$out.part"
  mv "$out.part" "$out"
}

compare() { # COLLECTION BASELINE OTHER...
  local out="experiments/results/modes-$1-compared${AS:+-$AS}.json" others=() other run
  for other in "${@:3}"; do
    run="runs/modes/$1-$other.trec"
    [ ! -e "$run" ] || others+=(--compare "$run")
  done
  acclimate evaluate "runs/modes/$1-$2.trec" "$(source_of "$1")" --measures nDCG@10 --json \
    "${others[@]}" > "$out.part"
  mv "$out.part" "$out"
}

build() { # INDEX COLLECTION OPTIONS...
  [ -d "$1" ] || acclimate index "$(source_of "$2")" --out "$1" "${@:3}"
}

for collection in "$@"; do
  index="runs/index-$collection"
  build "$index" "$collection"
  for mode in lexical dense hybrid hybrid:rrf; do
    measure "$index" "$collection" "${mode/:/-}" --mode "$mode"
  done
  if [ -n "${RERANK:-}" ]; then
    measure "$index" "$collection" "hybrid-${AS:-reranked}" --mode hybrid --rerank "$RERANK" \
      --rerank-top "${TOP:-20}"
  fi
  if [ -n "${LATE:-}" ]; then
    build "$index-late" "$collection" --late "$LATE"
    measure "$index-late" "$collection" late --mode late
  fi
  if [ -n "${SPARSE:-}" ]; then
    build "$index-sparse" "$collection" --sparse "$SPARSE"
    measure "$index-sparse" "$collection" sparse --mode sparse
    measure "$index-sparse" "$collection" hybrid-sparse --mode hybrid
  fi
  if [ -n "${EXPAND:-}" ]; then
    AS="${AS:-expanded}"
    build "$index-$AS" "$collection" --expand "$EXPAND" --expand-queries "${QUERIES:-3}" \
      ${FILTER:+--expand-filter "$FILTER"}
    measure "$index-$AS" "$collection" "lexical-$AS" --mode lexical
    measure "$index-$AS" "$collection" "hybrid-$AS" --mode hybrid
    compare "$collection" lexical "lexical-$AS"
  else
    compare "$collection" hybrid lexical dense ${LATE:+late} ${SPARSE:+sparse hybrid-sparse} \
      "hybrid-${AS:-reranked}"
  fi
done
