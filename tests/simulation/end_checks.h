// What must be true of a world that has healed and come to rest.
//
// Thread: one owner, the World's.
#ifndef FANTAIL_TESTS_SIMULATION_END_CHECKS_H_
#define FANTAIL_TESTS_SIMULATION_END_CHECKS_H_

#include "tests/simulation/desk.h"
#include "tests/simulation/world.h"

namespace fantail::simulation {

// It is in the state `expected`, has what it wants, and its image is the publisher's. `gaps`:
// whether it may have been told of any.
void CheckDeskAtEnd(World* world, const SimDesk& desk, feed::State expected, bool gaps);

// What it serves is what those below it want, and nothing is left of those that are gone.
void CheckNodeAtEnd(World* world, Node* node);

}  // namespace fantail::simulation

#endif  // FANTAIL_TESTS_SIMULATION_END_CHECKS_H_
