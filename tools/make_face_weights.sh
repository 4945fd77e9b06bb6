#!/usr/bin/env bash
# Makes the weights of the face net that ship: renders faces from ahead, from the sides and in hard light, trains at two sizes. It resumes.
# tools/make_face_weights.sh FOLDER [COUNT]   COUNT people seen from ahead (default 500), a fifth as many from four sides and in hard light
set -euo pipefail
folder="$1"
count="${2:-500}"
labels=landmarks,parts,depth,normal

python -m simulacra render faces "$folder/ahead" --count "$count" --seed 50000 --size 256 --samples 6 --labels "$labels"
# Four views of a person cost little more than one: cameras from -76 to 76 degrees, half of them beyond 25.
python -m simulacra render faces "$folder/turned" --count $((count / 5)) --seed 70000 --size 256 --samples 6 --views 4 --labels "$labels" \
    --set camera.azimuth=-16..16 --set camera.orbit_azimuth=25..60 --set camera.orbit_elevation=0..15
# What portraits seldom have together: one hard or coloured light, something worn on the head and the nose, bared teeth.
python -m simulacra render faces "$folder/hard" --count $((count / 5)) --seed 80000 --size 256 --samples 6 --views 2 --labels "$labels" \
    --set camera.azimuth=-16..16 --set camera.orbit_azimuth=25..40 --set light.kind=night_street,neon,window,studio \
    --set light.studio=split,rembrandt,rim --set light.exposure=-1.2..0 \
    --set wear.headwear.kind=cap,beanie,hood,headscarf,fedora --set wear.glasses=round,rectangular,wayfarer,aviator,wayfarer_sun,sport_sun \
    --set expression.name=laugh,anger,disgust,pain,surprise

stage() { # NAME [--set …]
    local name="$1" resume=()
    shift
    [ -f "$folder/$name/run.json" ] && resume=(--resume)
    python -m simulacra train face_analysis --data "$folder/ahead" --data "$folder/turned" --data "$folder/hard" --out "$folder/$name" \
        --set net.encoder=lite --set precision=bf16 --set batch=16 --set picture_every=0 "${resume[@]}" "$@"
}
stage small --set net.size=128 --set steps=1200
stage middle --set net.size=160 --set steps=1000 --set "start=$folder/small" --set learning_rate=8e-4 --set warmup=60
stage whole --set net.size=160 --set steps=1200 --set "start=$folder/middle" --set learning_rate=8e-4 --set warmup=60 \
    --set windows.scale=1.4 --set windows.shift=0.15
