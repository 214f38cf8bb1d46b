// fantail-fault-relay: a link that misbehaves on command, to try by hand what a fault looks like.
#include <cstdio>
#include <exception>
#include <iostream>

#include "fantail/app/endpoint.h"
#include "fantail/app/exit_codes.h"
#include "fantail/app/options.h"
#include "fantail/app/ready_file.h"
#include "fantail/app/run_main.h"
#include "tools/fantail-fault-relay/commands.h"

namespace fantail::fault {
namespace {

int Main(int argc, char** argv) {
  app::Endpoint listen;
  app::Endpoint target;
  std::string ready_file;
  app::CommandLine line("fantail-fault-relay",
                        "relays TCP and misbehaves on command: one command a line on standard "
                        "input, until its end:\n" +
                            std::string(kCommands));
  app::EndpointOption("--listen ENDPOINT", app::EndpointUse::kListen, &listen,
                      "where the subscriber connects; port * lets the kernel pick", &line);
  line.Require("--listen");
  app::EndpointOption("--target ENDPOINT", app::EndpointUse::kConnect, &target,
                      "the node that it would have connected to", &line);
  line.Require("--target");
  line.Option("--ready-file FILE", &ready_file, "written once it listens");
  line.Example("fantail-fault-relay --listen tcp://127.0.0.1:7000 --target tcp://127.0.0.1:5555",
               "then: cut both, and after a while: heal");
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  FaultRelay relay({.listen = listen.text(), .target = target.text()});
  app::ReadyFile ready(ready_file);
  if (const absl::Status s = ready.Prepare(); !s.ok()) return line.Fail(s);
  if (const absl::Status s = ready.Write({{"listen", relay.endpoint()}}); !s.ok()) {
    return line.Fail(s);
  }
  std::printf("listening at %s\n", relay.endpoint().c_str());
  std::fflush(stdout);
  for (std::string text; std::getline(std::cin, text);) {
    const absl::StatusOr<std::string> answer = Execute(text, &relay);
    const std::string said = answer.ok() ? *answer : std::string(answer.status().message());
    std::printf("%s\n", said.c_str());
    std::fflush(stdout);
  }
  return app::kExitDone;
}

}  // namespace
}  // namespace fantail::fault

int main(int argc, char** argv) {
  return fantail::app::RunMain("fantail-fault-relay",
                               [&] { return fantail::fault::Main(argc, argv); });
}
