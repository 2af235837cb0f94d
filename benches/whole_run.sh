#!/usr/bin/env bash
# A whole run over a synthetic state: wall time and peak memory of `synth` and of `run`, and the slowest steps.
# usage: benches/whole_run.sh [LEARNERS] [FOLDER] [MEMORY]     needs a release build and GNU time
set -euo pipefail
learners=${1:-1000000}
folder=${2:-$(mktemp -d)}
memory=${3:-4GiB}
root=$(cd "$(dirname "$0")/.." && pwd)
program=$root/target/release/throughline
mkdir -p "$folder"
cp -r "$root/config" "$root/pipelines" "$folder/"
cd "$folder"
[ -d sample_data ] || /usr/bin/time -f 'synth  %e s wall, %U s user, %M KiB peak' "$program" synth --learners "$learners" --seed 7 --out sample_data >synth.txt
/usr/bin/time -f 'run    %e s wall, %U s user, %M KiB peak' "$program" run pipelines/statewide.yaml --threads 2 --memory "$memory" >summary.txt 2>steps.txt || true
tail -n 1 steps.txt
echo 'slowest steps'
awk '$NF == "s" || $(NF-2) == "min" { print }' steps.txt | grep -E ' (s|min [0-9]+ s)$' | sort -t' ' -k2 | awk '{ t = $(NF-1); if ($(NF-2) == "min") t += 60 * $(NF-3); print t " s  " $1 }' | sort -rn | head -n 12
