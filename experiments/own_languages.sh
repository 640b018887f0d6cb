#!/usr/bin/env bash
# GPL in the corpus's own language: Gemma writes queries in the language of each passage, for a
# student that distill.sh taught eight languages.
#
#   DATA=path/to/data experiments/own_languages.sh de pooled de-english pooled-english
#
# `de` (or another language of XQuAD) is its 240 passages; `pooled` a sample of 240 passages of all
# twelve languages together, measured on all 2,880, a question counting as answered in its own
# language. With -english every passage is shown the English examples, and queries in other languages
# than their passage's are dropped and counted all the same. Three queries a passage and 30 steps.
# Results, with how many queries came out in another language, go to
# experiments/results/own-language-NAME.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${DATA:?name the folder of the data, as in DATA=../data}"
student="${STUDENT:-runs/distill-10000/model}"
pool=runs/xquad-pooled
for name in "$@"; do
  corpus="$DATA/xquad/${name%-english}" more=()
  if [ "${name%-english}" = pooled ]; then
    corpus="$pool" more=(--set sample_passages=240 --set measure.split=own)
    [ -e "$pool" ] ||
      python experiments/pool_languages.py "$pool" "$DATA"/xquad/{ar,de,el,en,es,hi,ro,ru,th,tr,vi,zh}
  fi
  if [ "$name" != "${name%-english}" ]; then
    more+=(--set generate.languages=check)
  fi
  result="experiments/results/own-language-$name.json"
  acclimate adapt "$corpus" --recipe offline --languages auto --set "student.model=$student" \
    --set generate.total=720 --set train.max_steps=30 --set train.save_steps=10 \
    --set train.warmup_steps=3 "${more[@]}" --out "runs/own-language-$name" \
    --evaluate "$corpus" --json > "$result.part"
  mv "$result.part" "$result"
done
