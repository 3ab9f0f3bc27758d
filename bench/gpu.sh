#!/usr/bin/env bash
# Takes bench/gpu.ts to a machine with a GPU but without a network, where transfers are limited in size.
#
# Usage, in the root of the repository:
#   bench/gpu.sh pack MODEL.gguf...       here: Node, packages and models become gpu-parts/part-00 and so on
#   bench/gpu.sh join                     there, once all parts are: checks them and unpacks them into gpu-kit
#   bench/gpu.sh measure OUT [FLAG...]    there: runs bench/gpu.ts with its flags; results lie in the folder OUT
#
# CUDA's runtime (libcublas.so.13, libcudart.so.13) and the Vulkan loader (libvulkan.so.1) aren't carried: `measure` looks
# for those of the machine, and packages of Debian with a loader can be put into gpu-kit/debs before `pack`.
set -euo pipefail
cd "$(dirname "$0")/.."

PARTS=gpu-parts
KIT=gpu-kit
PART_SIZE=48M
# The one called ext has the back-end for CUDA 12.
LIBRARIES=(linux-x64-cuda linux-x64-cuda-ext linux-x64-vulkan)
QUERY=timestamp,index,uuid,name,memory.total,memory.used,utilization.gpu,power.draw,power.limit,temperature.gpu,clocks.sm

pack() {
  local version
  version=$(sed -n 's/.*"@node-llama-cpp\/linux-x64": "\(.*\)".*/\1/p' package.json)
  rm -rf "$PARTS" "$KIT/node_modules" "$KIT/models"
  mkdir -p "$PARTS" "$KIT/models" "$KIT/scripts"
  cp package.json package-lock.json "$KIT"
  cp -r scripts/node-24 "$KIT/scripts"
  (cd "$KIT" && npm ci --omit=dev --ignore-scripts && npm install --no-save --omit=dev --ignore-scripts \
    $(printf "@node-llama-cpp/%s@$version " "${LIBRARIES[@]}")) >&2
  rm -rf "$KIT/scripts"
  cp "$(npx node -p process.execPath)" "$KIT/node"
  cp -L "$@" "$KIT/models"
  tar -czf - "$KIT" | split -b "$PART_SIZE" -d - "$PARTS/part-"
  (cd "$PARTS" && sha256sum part-* >sums)
  ls -l "$PARTS"
}

join_parts() {
  (cd "$PARTS" && sha256sum -c sums)
  cat "$PARTS"/part-* | tar -xzf -
  for package in "$KIT"/debs/*.deb; do if [[ -e $package ]]; then dpkg -x "$package" /; fi; done
  ln -sfn "$KIT/node_modules" node_modules
}

# Folders with libraries of CUDA that the loader doesn't know, such as those that PyTorch brings.
cuda_folders() {
  find / -xdev \( -name 'libcublas.so.1[23]' -o -name 'libcudart.so.1[23]' \) -printf '%h:' 2>/dev/null || true
}

measure() {
  local out=$1 watch= status=0
  shift
  mkdir -p "$out"
  LD_LIBRARY_PATH="$(cuda_folders)${LD_LIBRARY_PATH:-}"
  export LD_LIBRARY_PATH
  if command -v nvidia-smi >&2; then
    nvidia-smi --help-query-gpu >"$out/nvidia-smi-fields.txt"
    nvidia-smi "--query-gpu=$QUERY" --format=csv -lms 500 >"$out/nvidia-smi.csv" &
    watch=$!
  fi
  "$KIT/node" bench/gpu.ts --out "$out/gpu.json" "$@" "$KIT"/models/*.gguf || status=$?
  if [[ -n $watch ]]; then kill "$watch"; fi
  if ((status > 0)); then echo 'bench/gpu.ts failed' >&2; fi
  return "$status"
}

case "${1:-}" in
  pack) pack "${@:2}" ;;
  join) join_parts ;;
  measure) measure "${@:2}" ;;
  *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
