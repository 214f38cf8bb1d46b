// fantail-bench cuts: how soon a desk says stale when a link falls silent, how soon it is live
// again when the link is back, and whether it missed anything.
#ifndef FANTAIL_BENCH_CUTS_H_
#define FANTAIL_BENCH_CUTS_H_

namespace fantail::bench {

// The exit code. `argv[0]` is "cuts".
int Cuts(int argc, char** argv);

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_CUTS_H_
