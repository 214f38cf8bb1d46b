// What is printed: a table of a few lines, then the ratios for scripts.
//
// Thread: main.
#ifndef FANTAIL_BENCH_REPORT_H_
#define FANTAIL_BENCH_REPORT_H_

#include <string>
#include <vector>

#include "tools/fantail-bench/comparison.h"

namespace fantail::bench {

// The runs of one relay; run k of all relays was made in the same round.
struct Row {
  std::string name;
  std::vector<Result> runs;
};

// REQUIRES: the rows are fantail-gateway, zmq_proxy and the raw relay, with equally many runs.
std::string Report(const std::vector<Row>& rows, bool with_latency);

// The same for the gateway beside itself. REQUIRES: the rows are in pairs of these `names`, the
// first of each without keys and the second with them.
std::string ReportKeys(const std::vector<Row>& rows, const std::vector<std::string>& names);

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_REPORT_H_
