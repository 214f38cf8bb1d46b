// What the bugs of fantail/base/planted.h are, in words, and the search for them.
//
// Thread: Hunt plants in its own thread only.
#ifndef FANTAIL_TESTS_SIMULATION_PLANTED_H_
#define FANTAIL_TESTS_SIMULATION_PLANTED_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "fantail/base/planted.h"
#include "tests/simulation/scenario.h"

namespace fantail::simulation {

struct PlantedBug {
  planted::Bug bug;
  const char* name;
  const char* what;
  // The worlds in which it can be found.
  Outcome (*run)(uint64_t seed, bool log) = RunSeed;
};
const std::vector<PlantedBug>& PlantedBugs();
// For GoogleTest.
inline void PrintTo(const PlantedBug& bug, std::ostream* out) {
  *out << bug.name;
}

struct Catch {
  uint64_t seed;
  std::string violation;
};
// The first seed from 1 to `most` in which a world with that bug breaks a rule; nothing if none
// does.
std::optional<Catch> Hunt(const PlantedBug& bug, uint64_t most);

}  // namespace fantail::simulation

#endif  // FANTAIL_TESTS_SIMULATION_PLANTED_H_
