// Runs a target over its corpus, and over changed inputs, each of which follows from a seed and a
// number. If one of them ends the process, a line on standard error says which, and how to have it
// again.
//
// Thread: one owner; one runner in a process at a time.
#ifndef FANTAIL_TESTS_FUZZ_RUNNER_H_
#define FANTAIL_TESTS_FUZZ_RUNNER_H_

#include <cstdint>

#include "fantail/base/time.h"
#include "tests/fuzz/targets.h"

namespace fantail::fuzz {

class Runner {
 public:
  // The target must outlive it.
  explicit Runner(const Target& target);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // All of the corpus, as it is.
  void RunCorpus();
  // A given input. `name` is for the line.
  void RunInput(const Bytes& input, const char* name);
  void RunChanged(uint64_t seed, uint64_t number);

  uint64_t runs() const { return runs_; }
  // What the slowest took of the processor.
  Nanos slowest() const { return slowest_; }

 private:
  void Run(const Bytes& input);

  const Target& target_;
  const std::vector<Bytes> corpus_;
  uint64_t runs_ = 0;
  Nanos slowest_{0};
};

// A few changes of an input of the corpus: bits, bytes, words that a decoder might trip on, pieces
// taken out, doubled, moved or put in from another one; at times it is cut off.
Bytes Changed(const std::vector<Bytes>& corpus, uint64_t seed, uint64_t number);

}  // namespace fantail::fuzz

#endif  // FANTAIL_TESTS_FUZZ_RUNNER_H_
