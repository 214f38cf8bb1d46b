// fantail-bench objects: what objects that flow beside ticks do to the ticks.
#ifndef FANTAIL_BENCH_OBJECTS_H_
#define FANTAIL_BENCH_OBJECTS_H_

#include <string>

namespace fantail::bench {

// `self`: the path of fantail-bench, which is run again for the viewers.
int Objects(int argc, char** argv, const std::string& self);

// What `self` runs then: viewers of a feed of objects, until it ends. They write `ready_file` when
// all are live, and `ready_file`.good if each had all of `bytes`, and right.
int RunViewers(const std::string& endpoint, size_t viewers, size_t bytes,
               const std::string& ready_file, bool background);

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_OBJECTS_H_
