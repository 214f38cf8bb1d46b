// A program of one's own that asks: each line of its input goes to the service `shout`.
//
//   example-bus-client tcp://127.0.0.1:5570 < lines.txt
#include "fantail/net/bus_client.h"

#include <cstdio>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: example-bus-client tcp://HOST:PORT\n", stderr);
    return 64;
  }
  fantail::net::BusClient bus({argv[1]}, "asker");
  for (std::string line; std::getline(std::cin, line);) {
    // It may be done twice: if a server dies with it, another one gets it.
    const auto answer = bus.Ask({.service = "shout", .body = line, .idempotent = true});
    if (!answer.ok()) {
      std::cerr << answer.status().message() << "\n";
      return 1;
    }
    std::cout << *answer << "\n";
  }
}
