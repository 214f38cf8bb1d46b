// fantail-bench tape: what writing, sealing, reading and entering tapes costs, beside plain structs
// in a file and zstd over them, in one run and on one core.
#ifndef FANTAIL_BENCH_TAPE_BENCH_H_
#define FANTAIL_BENCH_TAPE_BENCH_H_

namespace fantail::bench {

// The exit code. `argv[0]` is "tape".
int TapeBench(int argc, char** argv);

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_TAPE_BENCH_H_
