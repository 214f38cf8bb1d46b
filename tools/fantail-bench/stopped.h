// fantail-bench stopped: what desks that stand still cost the others, and how soon they are back.
#ifndef FANTAIL_BENCH_STOPPED_H_
#define FANTAIL_BENCH_STOPPED_H_

#include <string>

namespace fantail::bench {

// `self`: the path of fantail-bench, which is run again for the desks that are stopped.
int Stopped(int argc, char** argv, const std::string& self);

// What `self` runs then: `desks` desks of a feed of `topics`, until it is killed. It writes
// `ready_file` when all are live, and `result_file` when they are again after it was stopped.
int RunStoppedDesks(const std::string& endpoint, size_t desks, size_t topics,
                    const std::string& ready_file, const std::string& result_file);

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_STOPPED_H_
