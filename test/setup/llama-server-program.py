#!/usr/bin/env python3
"""llama.cpp's server from the xllamacpp wheel as the program `llama-server`: stays until it is ended.

The wheel has the server and llama.cpp's own parser of its command line, but no program. The parser is a function of its
library that Python doesn't see; it fills in the same parameters that a Python object holds right behind its head.
"""

import ctypes
import signal
import sys

import xllamacpp
from xllamacpp import xllamacpp as native

# LLAMA_EXAMPLE_SERVER of llama.cpp's common.h, in this release of the wheel.
SERVER = 12

library = ctypes.CDLL(native.__file__)
# bool common_params_parse(int, char **, common_params &, llama_example, void (*)(int, char **))
parse = library._Z19common_params_parseiPPcR13common_params13llama_examplePFviS0_E
parse.argtypes = [ctypes.c_int, ctypes.POINTER(ctypes.c_char_p), ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
parse.restype = ctypes.c_bool

params = xllamacpp.CommonParams()
words = ["llama-server", *sys.argv[1:]]
argv = (ctypes.c_char_p * (len(words) + 1))(*[word.encode() for word in words], None)
if not parse(len(words), argv, id(params) + object.__basicsize__, SERVER, None):
    sys.exit(1)
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
signal.sigwait([signal.SIGTERM, signal.SIGINT])
