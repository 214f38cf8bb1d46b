// A service of one's own: `shout` gives back what it is asked, in capitals.
//
//   fantail-bus run --listen tcp://127.0.0.1:5570 &
//   example-bus-server tcp://127.0.0.1:5570 &
//   fantail-bus ask --connect tcp://127.0.0.1:5570 shout hello
#include "fantail/net/bus_server.h"

#include <cctype>
#include <csignal>
#include <cstdio>

namespace {
fantail::net::BusServer* the_server = nullptr;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: example-bus-server tcp://HOST:PORT\n", stderr);
    return 64;
  }
  fantail::net::BusServer server({argv[1]}, "shouter", {"shout"},
                                 [](const fantail::bus::Call& call) {
                                   std::string answer(fantail::bus::TextOf(call.body));
                                   for (char& c : answer) {
                                     c = static_cast<char>(std::toupper(static_cast<uint8_t>(c)));
                                   }
                                   return answer;
                                 });
  the_server = &server;
  std::signal(SIGTERM, [](int) { the_server->Stop(); });  // finishes what it has in hand
  server.Run();
}
