#!/usr/bin/env bash
# Models that learned from SQuADShifts' Wikipedia part, 7,938 questions that people wrote:
#
#   DATA=path/to/data experiments/starts.sh start reader late sparse
#
# start   the second start of table4.toml: all-MiniLM-L6-v2 with its three upper layers begun anew
#         (forget.py), then taught to retrieve; runs/start/model
# reader  a cross-encoder, to re-rank (modes.sh) and to teach; runs/reader/model
# late    all-MiniLM-L6-v2 with a projection, for late interaction (modes.sh); runs/late/model
# sparse  all-MiniLM-L6-v2 given a vocabulary head, which learned to predict masked words of $DATA/enwiki_leads
#         (masked.py), then taught as SPLADE (modes.sh); runs/sparse/model
#
# What the trainings said goes to experiments/results/start.json, reader.json, late.json and
# sparse.json. The collection has one split, called test; nothing is measured on it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${DATA:?name the folder that holds squadshifts_new_wiki/, as in DATA=../data}"
minilm=sentence-transformers/all-MiniLM-L6-v2

learn() { # NAME OPTIONS...
  local result="experiments/results/$1.json"
  acclimate train "$DATA/squadshifts_new_wiki" --split test --out "runs/$1" "${@:2}" \
    --set train.max_steps=150 --set train.warmup_steps=15 --set train.save_steps=50 \
    --set train.learning_rate=1e-4 --set train.dropout=no --json > "$result.part"
  mv "$result.part" "$result"
}

for name in "$@"; do
  case "$name" in
    start)
      python experiments/forget.py "$minilm" runs/forgotten
      learn start --model runs/forgotten --set student.max_seq_length=128
      ;;
    reader)
      learn reader --kind cross-encoder --model "$minilm" --negatives 3 \
        --set student.max_seq_length=256 --set train.per_device_train_batch_size=16
      ;;
    late)
      learn late --kind late --model "$minilm" --set student.max_seq_length=128
      ;;
    sparse)
      [ -d runs/masked/model ] || python experiments/masked.py "$minilm" "$DATA/enwiki_leads" runs/masked
      learn sparse --kind sparse --model runs/masked/model --set student.max_seq_length=128
      ;;
    *)
      echo "$name: choose start, reader, late or sparse" >&2
      exit 2
      ;;
  esac
done
