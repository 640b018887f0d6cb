#!/usr/bin/env bash
# A student that was only taught to find translations (the LaBSE recipe), to set beside one that was
# taught what sentences mean (distill.sh): the same body, vocabulary and translations.
#
#   DATA=path/to/data experiments/align.sh [--set train.max_steps=N]
#
# Results go to experiments/results/align-10000.json; experiments/multilingual.sh measures the model,
# runs/align-10000/model. Test sentences are taken out as in distill.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${DATA:?name the folder that holds parallel/, sts/ and xquad/, as in DATA=../data}"
excluded=()
for language in ara cmn deu fra hin spa tur vie; do
  test="$DATA/parallel/laser_tatoeba_v1/tatoeba.$language-eng"
  excluded+=(--exclude "$test.$language" --exclude "$test.eng")
done
for file in "$DATA"/sts/stsb_multi_mt/data/stsb-*-test.csv "$DATA"/xquad/*/queries.jsonl; do
  excluded+=(--exclude "$file")
done
result=experiments/results/align-10000.json
acclimate align "$DATA/parallel/manythings_tatoeba" --student new "${excluded[@]}" \
  --out runs/align-10000 --set pairs.max_pairs=10000 "$@" --json > "$result.part"
mv "$result.part" "$result"
