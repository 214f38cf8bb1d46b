// One seed of the simulation: a world of random shape, random faults, a time to heal, and what must
// be true of it at every step and at the end.
//
// Thread: RunSeed may run on several threads at once.
#ifndef FANTAIL_TESTS_SIMULATION_SCENARIO_H_
#define FANTAIL_TESTS_SIMULATION_SCENARIO_H_

#include <cstdint>
#include <string>
#include <vector>

#include "fantail/base/time.h"

namespace fantail::simulation {

struct Outcome {
  uint64_t seed = 0;
  uint64_t hash = 0;  // of all that any desk was given, and when
  std::vector<std::string> violations;
  Nanos span{0};         // of virtual time
  uint64_t records = 0;  // that desks were given and checked
  uint64_t gaps = 0;
  uint64_t events = 0;
  uint64_t circles = 0;  // of trees: how often a gateway was connected to one below it
};

// `log`: a line on standard error for each fault, change of state, gap, have and connection.
Outcome RunSeed(uint64_t seed, bool log = false);

// A world of users with rights, which change while ticks flow.
Outcome RunRightsSeed(uint64_t seed, bool log = false);

// A world of twenty gateways, wired anew at random while ticks flow, in circles at times.
Outcome RunTreeSeed(uint64_t seed, bool log = false);

// The seed in FANTAIL_SEED, or 0 if it is not set.
uint64_t SeedToReplay();

}  // namespace fantail::simulation

#endif  // FANTAIL_TESTS_SIMULATION_SCENARIO_H_
