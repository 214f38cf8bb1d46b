// fantail-bench packed: what the two encodings of a session cost a core and the wire, beside each
// other and beside zstd over plain messages, in one run.
#ifndef FANTAIL_TOOLS_FANTAIL_BENCH_PACKED_BENCH_H_
#define FANTAIL_TOOLS_FANTAIL_BENCH_PACKED_BENCH_H_

namespace fantail::bench {

int PackedBench(int argc, char** argv);

}  // namespace fantail::bench

#endif  // FANTAIL_TOOLS_FANTAIL_BENCH_PACKED_BENCH_H_
