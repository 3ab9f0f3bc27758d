#!/usr/bin/env python3
"""llama.cpp's server from the xllamacpp wheel under the arguments of `llama-server`: stays until it is ended."""

import argparse
import signal

import xllamacpp

parser = argparse.ArgumentParser()
parser.add_argument("--model")
parser.add_argument("--alias")
parser.add_argument("--host")
parser.add_argument("--port", type=int)
parser.add_argument("--ctx-size", type=int)
parser.add_argument("--parallel", type=int)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--verbosity", type=int)
parser.add_argument("--cache-ram", type=int, default=8192)
parser.add_argument("--metrics", action="store_true")
words = parser.parse_args()

params = xllamacpp.CommonParams()
params.model.path = words.model
params.model_alias = {words.alias}
params.n_parallel = words.parallel
params.n_ctx = words.ctx_size
params.kv_unified = False
params.cpuparams.n_threads = words.threads
params.cpuparams_batch.n_threads = words.threads
params.n_gpu_layers = 0
params.verbosity = words.verbosity
params.cache_ram_mib = words.cache_ram
params.endpoint_metrics = words.metrics
params.hostnames = [words.host]
params.port = words.port
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
signal.sigwait([signal.SIGTERM, signal.SIGINT])
