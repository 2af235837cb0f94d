#!/usr/bin/env bash
# What a later run costs, in the folder of a whole run (benches/whole_run.sh): after one changed extract, and with one one-way disaggregation more.
# usage: benches/rebuild.sh FOLDER [MEMORY]     needs a release build
set -euo pipefail
folder=$1
memory=${2:-2GiB}
root=$(cd "$(dirname "$0")/.." && pwd)
program=$root/target/release/throughline
cd "$folder"

# Runs the pipeline and prints its wall time, and the seconds of the rules and marts that were made.
run() {
    local begun=$SECONDS
    "$program" run pipelines/statewide.yaml --threads 2 --memory "$memory" >rebuild.txt 2>rebuild_steps.txt
    echo "$1: $((SECONDS - begun)) s, of which rules and marts:"
    grep -E '^(rule|mart)/' rebuild_steps.txt | grep -v ' kept$' | awk '
        { t = $(NF-1); if ($NF == "ms") t /= 1000; if ($(NF-2) == "min") t += 60 * $(NF-3); all += t; n++; print "  " $1, t " s" }
        END { print "  " n + 0 " made, " all + 0 " s" }'
}

# One changed extract: the first credential on the state's list is no longer of high value.
list=sample_data/directory/credential_list.csv
cp "$list" list_before.csv
sed -i '2s/,Y,Y,/,Y,N,/' "$list"
run 'after a changed list of credentials'
cp list_before.csv "$list"

# The mart of placement made again as it is, without its cells by gender, and with them.
mart=config/marts/placement
cp $mart.yaml placement_before.yaml
for what in 'as it is' 'without cells by gender' 'with them'; do
    echo "-- $what" >>$mart.sql
    if [ "$what" = 'without cells by gender' ]; then sed -i '/^  - \[gender\]$/d' $mart.yaml; else cp placement_before.yaml $mart.yaml; fi
    run "placement $what"
done
