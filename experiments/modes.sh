#!/usr/bin/env bash
# Every way of searching that needs only PyPI, measured on judged collections.
#
#   DATA=path/to/beir/folders experiments/modes.sh scifact medline python-stdlib
#   DATA=... RERANK=likelihood:google/gemma-3-270m experiments/modes.sh medline
#   DATA=... RERANK=cross-encoder:runs/reader/model AS=read experiments/modes.sh medline
#   DATA=... LATE=runs/late/model experiments/modes.sh medline
#
# Results go to experiments/results/modes-COLLECTION-MODE.json; with RERANK, hybrid search is
# measured once more with its best 20 hits (TOP=N: N) read again, as modes-COLLECTION-hybrid-AS.json
# (AS is "reranked" where it is not given; AS=rrf compares hybrid:rrf). With LATE the index has late interaction too, and that is
# measured, over the best 200 of the others. modes-COLLECTION-compared.json, or -compared-AS.json, has the
# paired tests of the others against hybrid search.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${DATA:?name the folder that holds the BEIR folders, as in DATA=../data}"

# A folder in DATA, or what can be named without one, such as python-stdlib.
source_of() { [ -d "$DATA/$1" ] && echo "$DATA/$1" || echo "$1"; }

measure() { # COLLECTION NAME OPTIONS...
  local out="experiments/results/modes-$1-$2.json"
  acclimate evaluate "runs/index-$1${LATE:+-late}" "$(source_of "$1")" --measures "nDCG@10 R@100" \
    --save-run "runs/modes/$1-$2.trec" --json "${@:3}" > "$out.part"
  mv "$out.part" "$out"
}

compare() { # COLLECTION
  local out="experiments/results/modes-$1-compared${AS:+-$AS}.json" others=() run
  for run in runs/modes/"$1"-{lexical,dense,late,"hybrid-${AS:-reranked}"}.trec; do
    [ ! -e "$run" ] || others+=(--compare "$run")
  done
  acclimate evaluate "runs/modes/$1-hybrid.trec" "$(source_of "$1")" --measures nDCG@10 --json \
    "${others[@]}" > "$out.part"
  mv "$out.part" "$out"
}

for collection in "$@"; do
  index="runs/index-$collection${LATE:+-late}"
  if [ ! -d "$index" ]; then
    acclimate index "$(source_of "$collection")" --out "$index" ${LATE:+--late "$LATE"}
  fi
  for mode in lexical dense hybrid hybrid:rrf ${LATE:+late}; do
    measure "$collection" "${mode/:/-}" --mode "$mode"
  done
  if [ -n "${RERANK:-}" ]; then
    measure "$collection" "hybrid-${AS:-reranked}" --mode hybrid --rerank "$RERANK" \
      --rerank-top "${TOP:-20}"
  fi
  compare "$collection"
done
