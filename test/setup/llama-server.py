"""llama.cpp's own server from the xllamacpp wheel: prints its address, ends when its input closes.

usage: llama-server.py MODEL SLOTS CONTEXT_PER_SLOT THREADS [no-prompt-cache] [drafts] [template=FILE]
"""

import sys

import xllamacpp

model, slots, context, threads = sys.argv[1], *map(int, sys.argv[2:5])
params = xllamacpp.CommonParams()
params.model.path = model
params.n_parallel = slots
params.n_ctx = slots * context
params.kv_unified = False
params.cont_batching = True
if "no-prompt-cache" in sys.argv[5:]:
    params.cache_prompt = False
if "drafts" in sys.argv[5:]:
    params.speculative.types = [xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE]
    params.speculative.ngram_simple.size_n = 2
    params.speculative.ngram_simple.size_m = 4
for word in sys.argv[5:]:
    if word.startswith("template="):
        with open(word.removeprefix("template="), encoding="utf-8") as file:
            params.chat_template = file.read()
        params.use_jinja = True
params.cpuparams.n_threads = threads
params.cpuparams_batch.n_threads = threads
params.n_gpu_layers = 0
params.warmup = True
params.endpoint_metrics = True
params.hostnames = ["127.0.0.1"]
params.port = 0
params.verbosity = 0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
