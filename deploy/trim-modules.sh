#!/bin/sh
# Takes out of installed modules what never runs: types, source maps, other systems' binaries, what is for browsers.
set -eu
modules=$1

find "$modules" -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.tsbuildinfo' \) -delete
find "$modules" -path '*/@types' -prune -exec rm -rf {} +
find "$modules" -type f \( -name '*.c' -o -name '*.cc' -o -name '*.h' -o -name '*.gyp' \) -delete
rm -rf "$modules"/tesseract.js/dist "$modules"/tesseract.js-core/*.wasm.js "$modules"/@tesseract.js-data/*/4.0.0
rm -rf "$modules"/classic-level/deps "$modules"/libphonenumber-js/bundle

# classic-level brings binaries for every system; the one that loads here is kept.
system=$(node -p '`${process.platform}-${process.arch}`')
find "$modules"/classic-level/prebuilds -mindepth 1 -maxdepth 1 ! -name "$system*" -exec rm -rf {} +
