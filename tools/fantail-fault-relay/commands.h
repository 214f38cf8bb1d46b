// What a person types at a fault relay, one command a line.
//
// Thread: any.
#ifndef FANTAIL_FAULT_RELAY_COMMANDS_H_
#define FANTAIL_FAULT_RELAY_COMMANDS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tools/fantail-fault-relay/fault_relay.h"

namespace fantail::fault {

// The list of commands, for --help.
extern const char* const kCommands;

// Does what the line says and gives what to answer; an empty line does nothing. InvalidArgument for
// what is no command.
absl::StatusOr<std::string> Execute(std::string_view line, FaultRelay* relay);

}  // namespace fantail::fault

#endif  // FANTAIL_FAULT_RELAY_COMMANDS_H_
