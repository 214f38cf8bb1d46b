// One seed of the bus in virtual time: buses one to three deep, servers that come, die, drain and
// stop, clients that ask for all sorts of answers, and what must be true of every request.
//
// Thread: RunBusSeed may run on several threads at once.
#ifndef FANTAIL_TESTS_SIMULATION_BUS_SCENARIO_H_
#define FANTAIL_TESTS_SIMULATION_BUS_SCENARIO_H_

#include "tests/simulation/scenario.h"

namespace fantail::simulation {

// In the outcome, records are requests that had an answer, and gaps those that failed.
// `log`: a line on standard error for each fault, request and outcome.
Outcome RunBusSeed(uint64_t seed, bool log = false);

}  // namespace fantail::simulation

#endif  // FANTAIL_TESTS_SIMULATION_BUS_SCENARIO_H_
