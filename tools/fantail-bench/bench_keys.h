// Keys for a bench: publisher, gateway and desks are one pair, and somebody else may connect.
//
// Thread: any.
#ifndef FANTAIL_BENCH_BENCH_KEYS_H_
#define FANTAIL_BENCH_BENCH_KEYS_H_

#include <string>

namespace fantail::bench {

// A folder as --keys takes it.
void WriteKeys(const std::string& folder);

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_BENCH_KEYS_H_
