// fantail-bench thin-link: what a desk shows, and what it says of it, behind a link that carries
// half of what the feed brings.
#ifndef FANTAIL_BENCH_THIN_LINK_H_
#define FANTAIL_BENCH_THIN_LINK_H_

namespace fantail::bench {

// The exit code. `argv[0]` is "thin-link".
int ThinLink(int argc, char** argv);

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_THIN_LINK_H_
