#!/usr/bin/env bash
# all-MiniLM-L6-v2 taught eight languages with a student that no hub was needed for: how many
# translations does it take?
#
#   DATA=path/to/data PAIRS="100 1000 10000 100000" experiments/distill.sh [--set train.max_steps=N]
#
# Learned from manythings_tatoeba (so many translations into each language, or all that there are),
# measured on laser_tatoeba_v1. Its sentences and those that multilingual.sh measures on are taken
# out of the training on either side; how many that were is in the results. These go to
# experiments/results/distill-PAIRS.json (the training) and distill-PAIRS-tatoeba.json (accuracy in
# both directions, before and after).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${DATA:?name the folder that holds parallel/, sts/ and xquad/, as in DATA=../data}"
teacher=sentence-transformers/all-MiniLM-L6-v2
test="$DATA/parallel/laser_tatoeba_v1"
excluded=()
for language in ara cmn deu fra hin spa tur vie; do
  excluded+=(--exclude "$test/tatoeba.$language-eng.$language"
    --exclude "$test/tatoeba.$language-eng.eng")
done
for file in "$DATA"/sts/stsb_multi_mt/data/stsb-*-test.csv "$DATA"/xquad/*/queries.jsonl; do
  excluded+=(--exclude "$file")
done
for pairs in ${PAIRS:-100 1000 10000 100000}; do
  result="experiments/results/distill-$pairs"
  acclimate distill "$teacher" new "$DATA/parallel/manythings_tatoeba" "${excluded[@]}" \
    --out "runs/distill-$pairs" --set "pairs.max_pairs=$pairs" "$@" --json > "$result.json.part"
  mv "$result.json.part" "$result.json"
  python experiments/tatoeba.py "$test" "$teacher" "runs/distill-$pairs/model" \
    > "$result-tatoeba.json.part"
  mv "$result-tatoeba.json.part" "$result-tatoeba.json"
done
