#include "tests/fuzz/runner.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "tests/fuzz/processor_time.h"

namespace fantail::fuzz {
namespace {

constexpr int kSignals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
constexpr size_t kMostBytes = 64 * 1024;

// What is said if a run ends the process: a signal handler may not put it together.
char doing[256];
// What happened before at a signal; a sanitizer's report, perhaps.
struct sigaction before[NSIG];

// What went wrong does so again when this returns.
void SayWhatItDid(int number) {
  const auto wrote = write(STDERR_FILENO, doing, strlen(doing));
  (void)wrote;
  sigaction(number, &before[number], nullptr);
}

// A piece of `bytes`, mostly short.
std::span<const std::byte> Piece(Random* random, const Bytes& bytes) {
  if (bytes.empty()) return {};
  const size_t at = random->Below(bytes.size());
  const size_t most = random->OneIn(4) ? bytes.size() : 16;
  return std::span(bytes).subspan(at).first(
      std::min<size_t>(bytes.size() - at, 1 + random->Below(most)));
}

void PutIn(std::span<const std::byte> piece, size_t at, Bytes* bytes) {
  const Bytes copy(piece.begin(), piece.end());  // it may be of these bytes
  bytes->insert(bytes->begin() + static_cast<std::ptrdiff_t>(at), copy.begin(), copy.end());
}

void ChangeOnce(Random* random, const std::vector<Bytes>& corpus, Bytes* bytes) {
  static constexpr uint32_t kWords[] = {0,          1,          0xff,       0xffff,    0x7fffffff,
                                        0x80000000, 0xffffffff, 0x00ffffff, 0x00010000};
  if (bytes->empty()) return PutIn(Piece(random, corpus[random->Below(corpus.size())]), 0, bytes);
  const size_t at = random->Below(bytes->size());
  switch (random->Below(10)) {
    case 0:
    case 1:
      (*bytes)[at] ^= std::byte{1} << random->Below(8);
      return;
    case 2:
      (*bytes)[at] = static_cast<std::byte>(random->Next());
      return;
    case 3:
      (*bytes)[at] =
          static_cast<std::byte>(static_cast<int64_t>((*bytes)[at]) + random->Between(-3, 3));
      return;
    case 4: {
      const uint32_t word = kWords[random->Below(std::size(kWords))];
      std::memcpy(bytes->data() + at, &word, std::min(sizeof word, bytes->size() - at));
      return;
    }
    case 5: {
      const auto end = static_cast<std::ptrdiff_t>(at + Piece(random, *bytes).size());
      bytes->erase(bytes->begin() + static_cast<std::ptrdiff_t>(at),
                   bytes->begin() + std::min(end, std::ssize(*bytes)));
      return;
    }
    case 6: {
      const auto from = Piece(random, *bytes);
      std::memmove(bytes->data() + at, from.data(), std::min(from.size(), bytes->size() - at));
      return;
    }
    case 7:
      return PutIn(Piece(random, *bytes), at, bytes);
    case 8:
      return PutIn(Piece(random, corpus[random->Below(corpus.size())]), at, bytes);
    default:
      if (random->OneIn(3)) bytes->resize(at);
  }
}

}  // namespace

Bytes Changed(const std::vector<Bytes>& corpus, uint64_t seed, uint64_t number) {
  Random random(seed * 0x9e3779b97f4a7c15 + number);
  Bytes bytes = corpus[random.Below(corpus.size())];
  for (uint64_t n = 1 + random.Below(6); n > 0; --n) ChangeOnce(&random, corpus, &bytes);
  if (bytes.size() > kMostBytes) bytes.resize(kMostBytes);
  return bytes;
}

Runner::Runner(const Target& target) : target_(target), corpus_(target.corpus()) {
  struct sigaction action {};
  action.sa_handler = SayWhatItDid;
  for (const int number : kSignals) sigaction(number, &action, &before[number]);
}

Runner::~Runner() {
  for (const int number : kSignals) sigaction(number, &before[number], nullptr);
}

void Runner::Run(const Bytes& input) {
  const Nanos began = ProcessorTime();
  target_.run(input);
  slowest_ = std::max(slowest_, ProcessorTime() - began);
  ++runs_;
}

void Runner::RunCorpus() {
  for (size_t i = 0; i < corpus_.size(); ++i) {
    std::snprintf(doing, sizeof doing, "fuzz: %s: input %zu of the corpus did this\n", target_.name,
                  i);
    Run(corpus_[i]);
  }
}

void Runner::RunInput(const Bytes& input, const char* name) {
  std::snprintf(doing, sizeof doing, "fuzz: %s: %s did this\n", target_.name, name);
  Run(input);
}

void Runner::RunChanged(uint64_t seed, uint64_t number) {
  std::snprintf(doing, sizeof doing,
                "fuzz: %s: this was run %llu; again: fantail-fuzz %s --seed %llu --first %llu "
                "--runs 1\n",
                target_.name, static_cast<unsigned long long>(number), target_.name,
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(number));
  Run(Changed(corpus_, seed, number));
}

}  // namespace fantail::fuzz
