#!/usr/bin/env bash
# Makes the weights of the face net that ship: renders faces seen from ahead and from the sides, trains at two sizes. It resumes.
# tools/make_face_weights.sh FOLDER [COUNT]   COUNT people seen from ahead (default 500), a tenth as many from five sides
set -euo pipefail
folder="$1"
count="${2:-500}"
labels=landmarks,parts,depth,normal

python -m simulacra render faces "$folder/ahead" --count "$count" --seed 50000 --size 256 --samples 6 --labels "$labels"
python -m simulacra render faces "$folder/turned" --count $((count / 10 + 1)) --seed 70000 --size 256 --samples 4 --views 5 --labels "$labels" \
    --set camera.azimuth=-10..10 --set camera.orbit_azimuth=72 --set camera.orbit_elevation=15

stage() { # NAME [--set …]
    local name="$1" resume=()
    shift
    [ -f "$folder/$name/run.json" ] && resume=(--resume)
    python -m simulacra train face_analysis --data "$folder/ahead" --data "$folder/turned" --out "$folder/$name" \
        --set net.encoder=lite --set precision=bf16 --set batch=16 --set picture_every=0 "${resume[@]}" "$@"
}
stage small --set net.size=128 --set steps=1200
stage middle --set net.size=160 --set steps=1000 --set "start=$folder/small" --set learning_rate=8e-4 --set warmup=60
stage whole --set net.size=160 --set steps=1200 --set "start=$folder/middle" --set learning_rate=8e-4 --set warmup=60 \
    --set windows.scale=1.4 --set windows.shift=0.15
