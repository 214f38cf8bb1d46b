// The faults that a seed draws from.
//
// Thread: one owner, the World's.
#ifndef FANTAIL_TESTS_SIMULATION_FAULTS_H_
#define FANTAIL_TESTS_SIMULATION_FAULTS_H_

#include <string>
#include <vector>

#include "tests/simulation/world.h"

namespace fantail::simulation {

// Who plays in a world, by name.
struct Cast {
  std::string publisher;
  std::vector<std::string> gateways;
  std::vector<std::string> desks;
  std::string older;  // a publisher that was replaced, and still runs; empty if there is none
  bool paced = false;
  bool tight = false;
};

// A gateway asks its sessions to go on at another node, none of which is below them.
void AskForMove(World* world, const Cast& cast);

// One random fault, now; what does not end by itself is healed within `most`.
void InjectFault(World* world, const Cast& cast, Nanos most);

}  // namespace fantail::simulation

#endif  // FANTAIL_TESTS_SIMULATION_FAULTS_H_
