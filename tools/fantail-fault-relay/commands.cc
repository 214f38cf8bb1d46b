#include "tools/fantail-fault-relay/commands.h"

#include <optional>
#include <sstream>
#include <vector>

#include "fantail/app/values.h"
#include "fmt/format.h"

namespace fantail::fault {

const char* const kCommands =
    "delay WAY TIME     bytes arrive so much later (delay both 40ms)\n"
    "rate WAY SIZE      bytes a second; 0 is as fast as it goes (rate down 125kB)\n"
    "cut WAY            nothing passes, nobody is told; new connections stay silent\n"
    "heal               what was cut passes again\n"
    "close, reset       ends the connections, in order or with an RST\n"
    "half-close WAY     tells the receiving end that nothing more comes\n"
    "flip WAY N BIT     flips one bit of the byte after N others\n"
    "stats              connections and bytes\n"
    "WAY is up (from who connects), down or both.\n";

namespace {

using Words = std::vector<std::string>;

std::vector<Way> WaysOf(const std::string& word) {
  if (word == "up") return {Way::kUp};
  if (word == "down") return {Way::kDown};
  if (word == "both") return {Way::kUp, Way::kDown};
  return {};
}

std::string Stats(const FaultRelay& relay) {
  const FaultRelay::Counters c = relay.counters();
  return fmt::format("connections {} open {} bytes_up {} bytes_down {} flipped {}", c.connections,
                     c.open, c.bytes[0], c.bytes[1], c.flipped);
}

// One of those without a way; none if it is no such command.
std::optional<std::string> Simple(const std::string& verb, FaultRelay* relay) {
  if (verb == "stats") return Stats(*relay);
  if (verb == "heal") {
    relay->SetHole(false);
  } else if (verb == "close") {
    relay->Close();
  } else if (verb == "reset") {
    relay->Reset();
  } else {
    return std::nullopt;
  }
  return "ok";
}

absl::Status OneWay(const Words& words, Way way, FaultRelay* relay) {
  if (words[0] == "cut" && words.size() == 2) {
    relay->SetCut(way, true);
  } else if (words[0] == "half-close" && words.size() == 2) {
    relay->HalfClose(way);
  } else if (words[0] == "delay" && words.size() == 3) {
    const auto delay = app::ParseDuration(words[2]);
    if (!delay.ok()) return delay.status();
    relay->SetDelay(way, *delay);
  } else if (words[0] == "rate" && words.size() == 3) {
    const auto rate = app::ParseByteSize(words[2]);
    if (!rate.ok()) return rate.status();
    relay->SetRate(way, rate->bytes);
  } else if (words[0] == "flip" && words.size() == 4) {
    const auto after = app::ParseUnsigned(words[2], {});
    const auto bit = app::ParseUnsigned(words[3], {0, 7});
    if (!after.ok()) return after.status();
    if (!bit.ok()) return bit.status();
    relay->FlipBit(way, *after, static_cast<int>(*bit));
  } else {
    return absl::InvalidArgumentError("no such command; --help lists them");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> Execute(std::string_view line, FaultRelay* relay) {
  std::istringstream in{std::string(line)};
  Words words;
  for (std::string word; in >> word;) words.push_back(std::move(word));
  if (words.empty()) return "";
  if (words.size() == 1) {
    if (const auto answer = Simple(words[0], relay)) return *answer;
  }
  const std::vector<Way> ways = words.size() > 1 ? WaysOf(words[1]) : std::vector<Way>();
  if (ways.empty()) return absl::InvalidArgumentError("no such command; --help lists them");
  for (const Way way : ways) {
    if (absl::Status s = OneWay(words, way, relay); !s.ok()) return s;
  }
  return "ok";
}

}  // namespace fantail::fault
