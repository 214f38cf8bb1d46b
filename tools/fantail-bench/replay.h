// fantail-bench replay: how late the ticks of a replayed tape are, and how long a seek takes.
#ifndef FANTAIL_BENCH_REPLAY_H_
#define FANTAIL_BENCH_REPLAY_H_

namespace fantail::bench {

// The exit code. `argv[0]` is "replay".
int Replay(int argc, char** argv);

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_REPLAY_H_
