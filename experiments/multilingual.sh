#!/usr/bin/env bash
# Models side by side: translations found and mined, STS in eleven languages, language bias.
#
#   DATA=path/to/data experiments/multilingual.sh muse all-MiniLM-L6-v2
#   DATA=... PAIRS="deu hin" STS="de en" XQUAD="de en" experiments/multilingual.sh runs/distill/model
#
# DATA holds parallel/laser_tatoeba_v1, sts/stsb_multi_mt and xquad. Results go to
# experiments/results/multilingual-NAME-MODEL.json. A result that is there is not made again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${DATA:?name the folder of the data, as in DATA=../data}"
PAIRS="${PAIRS:-ara cmn deu fra hin rus spa tha tur vie}"
STS="${STS:-de en es fr it ja nl pl pt ru zh}"
XQUAD="${XQUAD:-ar de el en es hi ro ru th tr vi zh}"

measure() { # NAME TASK MODEL CORPUS...
  local out="experiments/results/multilingual-$1-${3//\//_}.json"
  if [ ! -e "$out" ]; then
    acclimate evaluate "$3" "${@:4}" --task "$2" --json > "$out.part"
    mv "$out.part" "$out"
  fi
}

for model in "$@"; do
  for pair in $PAIRS; do
    aligned="$DATA/parallel/laser_tatoeba_v1/tatoeba.$pair-eng"
    task="runs/bitext-$pair"
    [ -e "$task/gold.tsv" ] ||
      python experiments/bitext_task.py "$aligned.$pair" "$aligned.eng" "$task"
    measure "found-$pair" bitext "$model" "$aligned.$pair" "$aligned.eng"
    measure "mined-$pair" bitext "$model" "$task"/{source.txt,target.txt,gold.tsv}
  done
  measure sts sts "$model" $(printf "$DATA/sts/stsb_multi_mt/data/stsb-%s-test.csv " $STS)
  measure bias language-bias "$model" $(printf "$DATA/xquad/%s " $XQUAD)
done
