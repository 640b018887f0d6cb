#!/usr/bin/env bash
# Any language alike, or mine first: what each choice at search time gives, on XQuAD in twelve
# languages as one index.
#
#   DATA=path/to/data experiments/preference.sh muse [MODEL...]
#
# Two questions of each answer: is the passage there in whatever language (`any`), and is it there in
# the language of the question (`own`)? To experiments/results/preference-MODEL-CHOICE-SPLIT.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${DATA:?name the folder of the data, as in DATA=../data}"
pool=runs/xquad-pooled
[ -e "$pool" ] ||
  python experiments/pool_languages.py "$pool" "$DATA"/xquad/{ar,de,el,en,es,hi,ro,ru,th,tr,vi,zh}
for model in "$@"; do
  name="${model//\//_}"
  [ -e "runs/index-xquad-$name" ] ||
    acclimate index "$pool" --out "runs/index-xquad-$name" --model "$model" --no-lexical
  for choice in "" alike prefer; do
    for split in any own; do
      result="experiments/results/preference-$name-${choice:-as-is}-$split.json"
      acclimate evaluate "runs/index-xquad-$name" "$pool" --split "$split" \
        --measures "nDCG@10 RR@10" --languages "$choice" --json > "$result.part"
      mv "$result.part" "$result"
    done
  done
done
