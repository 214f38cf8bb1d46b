// One line for a message that changes what a session has; nothing for data, acks, pings and pongs.
//
// Thread: any.
#ifndef FANTAIL_TESTS_SIMULATION_MESSAGE_LOG_H_
#define FANTAIL_TESTS_SIMULATION_MESSAGE_LOG_H_

#include <cstddef>
#include <span>
#include <string>

namespace fantail::simulation {

std::string DescribeMessage(std::span<const std::byte> bytes);

}  // namespace fantail::simulation

#endif  // FANTAIL_TESTS_SIMULATION_MESSAGE_LOG_H_
