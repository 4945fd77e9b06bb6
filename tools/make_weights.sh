#!/usr/bin/env bash
# Makes the weights that ship: renders the people, trains the judges and Rodin. Everything resumes.
# tools/make_weights.sh FOLDER [TIMES]   TIMES multiplies the number of people (default 1: 82; 8 are 656)
set -euo pipefail
folder="$1"
times="${2:-1}"
here="$(cd "$(dirname "$0")" && pwd)"
glasses=round_acetate,square,wayfarer,browline,wayfarer_sun,aviator_sun

people() { # NAME COUNT SEED [--set …]: orbits of cut-outs in a light tent, the head upright, one framing for all
    local name="$1" count=$(($2 * times)) seed="$3"
    shift 3
    python -m simulacra render faces "$folder/people/$name" --count "$count" --seed "$seed" --views 24 --size 160 --samples 6 \
        --labels alpha --set camera.kind=slr --set camera.white=6504 --set camera.tint=0 --set camera.noise=0 --set camera.exposure=0 \
        --set camera.vignette=0 --set camera.contrast=0 --set camera.shadows=0 --set camera.smear=0 --set camera.compression=0 \
        --set camera.softness=0.3 --set camera.sharpening=0.2 --set camera.slope=1.5 --set camera.saturation=1.15 \
        --set camera.azimuth=0 --set camera.elevation=4 --set camera.orbit_azimuth=180 \
        --set camera.orbit_elevation=14 --set camera.framing=0.58 --set camera.distance=1.6 --set camera.f_stop=16 \
        --set camera.roll=0 --set camera.shift_x=0 --set camera.shift_y=0 --set expression.name=neutral,smile,open_smile \
        --set expression.head_yaw=0 --set expression.head_pitch=0 --set expression.head_roll=0 --set expression.gaze_yaw=0 \
        --set expression.gaze_pitch=0 --set light.kind=tent --set light.key_side=1 --set light.key_azimuth=20 \
        --set light.key_elevation=25 --set light.warmth=5600 --set light.exposure=0 --set light.seed=1 --set wear.mask=none \
        --set wear.garment.kind=crew_tee,v_neck,shirt,sweater,polo,scoop_neck "$@"
}

# What is rare among people drawn freely gets a set of its own, so that every attribute of a prompt is learned.
people mixed 22 0 --set wear.headwear.kind=none,cap,beanie,fedora,bucket_hat --set "wear.glasses=none,$glasses"
people glasses 10 100000 --set wear.headwear.kind=none --set "wear.glasses=$glasses"
people hats 10 200000 --set wear.headwear.kind=cap,beanie,fedora,bucket_hat --set wear.glasses=none,round_acetate,wayfarer,wayfarer_sun
people beards 10 300000 --set identity.gender=0..0.15 --set beard.style=short_boxed,full,long_full --set wear.headwear.kind=none
people fair 10 400000 --set wear.headwear.kind=none --set wear.glasses=none --set identity.age=18..45 \
    --set "hair.colour.family=blond,light blond,red,dark blond"
people old 10 500000 --set wear.headwear.kind=none --set wear.glasses=none --set identity.age=62..88
people women 10 600000 --set wear.headwear.kind=none --set wear.glasses=none --set identity.gender=0.9..1 \
    --set hair.groom=long,long_side,long_fringe,bob,lob,pixie,bun,curly_long,afro

data=()
for set in beards fair glasses hats mixed old women; do data+=(--data "$folder/people/$set"); done
python -m simulacra train rodin "${data[@]}" --out "$folder/rodin" --resume
python "$here/measure_avatars.py" judges "$folder/judges" --data "$folder"/people/*
