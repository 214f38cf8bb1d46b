// fantail-tape: looks into tapes, verifies them, and makes CSV of them and them of CSV.
#include <array>
#include <cstdio>
#include <exception>

#include "fantail/app/commands.h"
#include "fantail/app/run_main.h"
#include "tools/fantail-tape/commands.h"

namespace fantail::tape_tool {
namespace {

constexpr std::array<app::Command, 4> kCommands = {{
    {"info", "says what a tape holds, without reading all of it", Info},
    {"verify", "reads everything and tells each piece that is damaged", Verify},
    {"export", "prints a tape, or a part of it, as CSV", Export},
    {"import", "makes a tape of ticks: a CSV file, or any other source of the publisher", Import},
}};

}  // namespace
}  // namespace fantail::tape_tool

int main(int argc, char** argv) {
  return fantail::app::RunMain("fantail-tape", [&] {
    return fantail::app::RunCommand("fantail-tape", "looks into tapes, and makes them",
                                    fantail::tape_tool::kCommands, argc, argv);
  });
}
