// Runs seeds of the simulation: what tools/simulate calls.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/simulation/bus_scenario.h"
#include "tests/simulation/planted.h"
#include "tests/simulation/scenario.h"

namespace fantail::simulation {
namespace {

struct Arguments {
  uint64_t first = 1;
  uint64_t seeds = 1000;
  uint64_t seed = 0;  // one, with its log
  bool planted = false;
  std::string bug;      // of those, this one only
  bool bus = false;     // worlds of the bus, not of the feed
  bool trees = false;   // worlds of many gateways, wired anew
  bool rights = false;  // worlds of users with rights
  uint64_t threads = std::max(1u, std::thread::hardware_concurrency());
};

bool Parse(int argc, char** argv, Arguments* arguments) {
  for (int i = 1; i < argc; ++i) {
    const auto number = [&](const char* name, uint64_t* value) {
      if (std::strcmp(argv[i], name) != 0 || i + 1 == argc) return false;
      *value = std::strtoull(argv[++i], nullptr, 10);
      return true;
    };
    if (std::strcmp(argv[i], "--planted") == 0) {
      arguments->planted = true;
      continue;
    }
    if (std::strcmp(argv[i], "--bug") == 0 && i + 1 < argc) {
      arguments->planted = true;
      arguments->bug = argv[++i];
      continue;
    }
    if (std::strcmp(argv[i], "--bus") == 0) {
      arguments->bus = true;
      continue;
    }
    if (std::strcmp(argv[i], "--rights") == 0) {
      arguments->rights = true;
      continue;
    }
    if (std::strcmp(argv[i], "--trees") == 0) {
      arguments->trees = true;
      continue;
    }
    if (!number("--first", &arguments->first) && !number("--seeds", &arguments->seeds) &&
        !number("--seed", &arguments->seed) && !number("--threads", &arguments->threads)) {
      std::fprintf(stderr, "simulate: %s: no such option, or no value\n", argv[i]);
      return false;
    }
  }
  return true;
}

Outcome Run(const Arguments& arguments, uint64_t seed, bool log = false) {
  if (arguments.bus) return RunBusSeed(seed, log);
  if (arguments.rights) return RunRightsSeed(seed, log);
  return arguments.trees ? RunTreeSeed(seed, log) : RunSeed(seed, log);
}

// Several threads, a world each.
std::vector<Outcome> RunAll(const Arguments& arguments) {
  std::vector<Outcome> outcomes(arguments.seeds);
  std::atomic<uint64_t> next{0};
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < arguments.threads; ++t) {
    threads.emplace_back([&] {
      for (uint64_t i = next++; i < outcomes.size(); i = next++) {
        outcomes[i] = Run(arguments, arguments.first + i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return outcomes;
}

// Plants one bug after the other, several at a time in a world each.
int HuntAll(const Arguments& arguments) {
  std::vector<PlantedBug> bugs = PlantedBugs();
  if (!arguments.bug.empty()) {
    std::erase_if(bugs, [&](const PlantedBug& bug) { return bug.name != arguments.bug; });
  }
  std::vector<std::optional<Catch>> caught(bugs.size());
  std::atomic<size_t> next{0};
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < arguments.threads; ++t) {
    threads.emplace_back([&] {
      for (size_t i = next++; i < bugs.size(); i = next++) {
        caught[i] = Hunt(bugs[i], arguments.seeds);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  size_t found = 0;
  for (size_t i = 0; i < bugs.size(); ++i) {
    std::printf("%-24s %-50s ", bugs[i].name, bugs[i].what);
    if (caught[i]) {
      ++found;
      std::printf("found in seed %llu: %s\n", static_cast<unsigned long long>(caught[i]->seed),
                  caught[i]->violation.c_str());
    } else {
      std::printf("NOT FOUND in %llu seeds\n", static_cast<unsigned long long>(arguments.seeds));
    }
  }
  std::printf("%zu bugs planted, %zu found\n", bugs.size(), found);
  return found == bugs.size() ? 0 : 1;
}

int Report(const std::vector<Outcome>& outcomes) {
  Outcome sum{.hash = 0xcbf29ce484222325};
  uint64_t bad = 0;
  for (const Outcome& outcome : outcomes) {
    sum.hash = (sum.hash ^ outcome.hash) * 0x100000001b3;
    sum.span += outcome.span;
    sum.records += outcome.records;
    sum.gaps += outcome.gaps;
    sum.events += outcome.events;
    sum.circles += outcome.circles;
    if (outcome.violations.empty()) continue;
    if (++bad > 20) continue;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(outcome.seed),
                outcome.violations.front().c_str());
  }
  std::printf(
      "%zu seeds, %llu with violations; %.1f h of virtual time, %llu events, %llu records "
      "checked, %llu gaps announced; hash %016llx\n",
      outcomes.size(), static_cast<unsigned long long>(bad),
      std::chrono::duration<double, std::ratio<3600>>(sum.span).count(),
      static_cast<unsigned long long>(sum.events), static_cast<unsigned long long>(sum.records),
      static_cast<unsigned long long>(sum.gaps), static_cast<unsigned long long>(sum.hash));
  if (sum.circles > 0) {
    std::printf("%llu times a gateway was connected to one below it\n",
                static_cast<unsigned long long>(sum.circles));
  }
  if (bad > 0) std::printf("replay one, with its log: tools/simulate --seed N\n");
  return bad > 0 ? 1 : 0;
}

}  // namespace
}  // namespace fantail::simulation

int main(int argc, char** argv) {
  using namespace fantail::simulation;  // NOLINT
  Arguments arguments;
  if (!Parse(argc, argv, &arguments)) return 64;
  if (arguments.planted) return HuntAll(arguments);
  if (arguments.seed != 0) {
    return Report({Run(arguments, arguments.seed, /*log=*/true)});
  }
  return Report(RunAll(arguments));
}
