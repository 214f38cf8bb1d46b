// fantail-bench sessions: how soon many desks with watch-lists of their own are live at one
// gateway, what they cost it in memory, and what a tick costs it when few of them want it.
#ifndef FANTAIL_BENCH_SESSIONS_H_
#define FANTAIL_BENCH_SESSIONS_H_

namespace fantail::bench {

// The exit code. `argv[0]` is "sessions".
int Sessions(int argc, char** argv);

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_SESSIONS_H_
