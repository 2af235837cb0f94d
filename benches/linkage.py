"""Linking two files, side by side with a peer: whole processes in turn, round after round; the ratio of each pair is what counts.

usage: linkage.py FIRST.parquet SECOND.parquet [ROUNDS] [PEER COMMAND ...]     needs a release build
The files have the columns of config/linkage/two_files.yaml. Without a peer, only our own seconds and memory are told. Where they say in `person_id`
who a record really is, the linkage is held against that.
"""

import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

first, second = sys.argv[1:3]
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
peer = sys.argv[4:]
root = pathlib.Path(__file__).resolve().parent.parent
out = pathlib.Path(tempfile.mkdtemp())
ours = [root / "target/release/throughline", "--project", root, "link", "config/linkage/two_files.yaml"]
ours += ["--file", f"a={first}", "--file", f"b={second}", "--threads", "2", "--out", out]


def measured(command):
    """Wall seconds and peak MiB of a whole process, as GNU time tells them."""
    done = subprocess.run(["/usr/bin/time", "-f", "%e %M", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    seconds, kib = re.findall(r"([\d.]+) (\d+)\n?$", done.stderr)[-1]
    return float(seconds), int(kib) / 1024


ratios = []
for _ in range(rounds):
    seconds, memory = measured(ours)
    line = f"ours {seconds:6.1f} s {memory:6.0f} MiB"
    if peer:
        other, of_other = measured(peer)
        ratios.append(seconds / other)
        line += f"   peer {other:6.1f} s {of_other:6.0f} MiB   {seconds / other:.3f}"
    print(line, flush=True)
if ratios:
    print(f"median ratio {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")
print(f"crosswalk: {out}/crosswalk")
evaluate = [*ours[:3], "evaluate", *ours[4:5], *ours[5:9], "--out", out, "--truth", "person_id"]
told = subprocess.run(evaluate, capture_output=True, text=True)
print(told.stdout.split("\n\n")[0] if told.returncode == 0 else "no column person_id in both files: F1 is not told")
