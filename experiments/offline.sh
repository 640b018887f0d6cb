#!/usr/bin/env bash
# The offline recipe on judged collections, three training seeds each; only PyPI is needed.
#
#   DATA=path/to/beir/folders experiments/offline.sh scifact cranfield medline
#
# The seeds of one collection share their queries and labels, which the run folder keeps. Results
# go to experiments/results/COLLECTION-offline-SEED.json; experiments/summarise.py tabulates them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${DATA:?name the folder that holds the BEIR folders, as in DATA=../data}"
for collection in "$@"; do
  for seed in 42 43 44; do
    acclimate adapt "$DATA/$collection" --recipe offline --set "train.seed=$seed" \
      --out "runs/$collection" --evaluate "$DATA/$collection" --json \
      > "experiments/results/$collection-offline-$seed.json.part"
    mv "experiments/results/$collection-offline-$seed.json.part" \
      "experiments/results/$collection-offline-$seed.json"
  done
done
