#!/usr/bin/env bash
# A picture tower learns to speak all-MiniLM-L6-v2's language from 762 captioned photographs, and a
# second text tower learns to say the same in German, French and Czech.
#
#   DATA=path/to/data experiments/pictures.sh
#
# Learned from the training pictures of flickr8k_1k (a tenth of them held out to choose the step) and
# from Multi30k's 29,000 captions in four languages, without the captions of any picture that is
# measured on. The results go to experiments/results/pictures*.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${DATA:?name the folder that holds flickr8k_1k/ and parallel/, as in DATA=../data}"
result=experiments/results/pictures
acclimate train "$DATA/flickr8k_1k" --recipe pictures --out runs/pictures --json \
  > "$result-training.json.part"
mv "$result-training.json.part" "$result-training.json"

python experiments/pictures.py excluded "$DATA/flickr8k_1k" > runs/pictures/excluded.txt
captions="$DATA/parallel/multi30k/data/task1/raw/train"
acclimate distill runs/pictures/model new "$captions".{en,de,fr,cs}.gz \
  --exclude runs/pictures/excluded.txt --out runs/pictures-languages --json \
  --set train.max_steps="${STEPS:-200}" --set train.save_steps=100 --set train.warmup_steps=20 \
  --set train.learning_rate=3e-4 --set train.max_seq_length=48 --set train.dropout=no \
  --set vocabulary.size=16000 > "$result-languages.json.part"
mv "$result-languages.json.part" "$result-languages.json"

python experiments/pictures.py measure "$DATA/flickr8k_1k" \
  runs/pictures/model runs/pictures-languages/model \
  > "$result.json.part"
mv "$result.json.part" "$result.json"
