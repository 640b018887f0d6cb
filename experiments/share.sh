#!/usr/bin/env bash
# Finished cells and generated queries of the cpu grids, from one machine to another:
#
#   experiments/share.sh pack     what runs/cpu has → experiments/results/cpu.tar.xz
#   experiments/share.sh unpack   the other way; what runs/cpu has already stays
#
# A cell travels with its values, without its runs; queries travel because generating them is most
# of the work that cells share. Each folder's name has a hash of what decides it, so that
# `acclimate experiment ... --out runs/cpu` takes up what fits and does the rest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
packed=experiments/results/cpu.tar.xz
case "${1:-}" in
  pack)
    [ -d runs/cpu/cells ] || { echo "runs/cpu has no cells; run a grid with --out runs/cpu" >&2; exit 2; }
    (cd runs/cpu && find cells corpora \( -path 'cells/*/result.json' -o -path 'cells/*/values.jsonl' \
      -o -path 'corpora/*/stages/generate-*/*' \) -type f | LC_ALL=C sort) |
      tar --create --xz --file "$packed.part" --directory runs/cpu --files-from - \
        --mtime 2026-01-01 --owner 0 --group 0 --numeric-owner
    mv "$packed.part" "$packed"
    ;;
  unpack)
    mkdir -p runs/cpu
    tar --extract --xz --file "$packed" --directory runs/cpu --skip-old-files
    ;;
  *)
    echo "choose pack or unpack" >&2
    exit 2
    ;;
esac
