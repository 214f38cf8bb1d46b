// What a broker says of itself to a person.
#include <algorithm>
#include <string>
#include <vector>

#include "fantail/base/printable.h"
#include "fantail/bus/upstream.h"

namespace fantail::bus {
namespace {

std::string Count(const char* name, uint64_t n) {
  return std::string(" ") + name + "=" + std::to_string(n);
}

}  // namespace

std::string Broker::Status() const {
  // A status is one part of an answer; what does not fit is counted.
  const size_t most = kMaxBodyBytes - 1024;
  std::string text = "bus " + EscapeUnprintable(options_.name) + Count("members", peers_.size()) +
                     Count("in_hand", jobs_.size() - kept_.size()) + Count("waiting", waiting_) +
                     Count("kept", kept_.size()) + Count("held_bytes", held_bytes_) + "\n";
  text += "counters" + Count("requests", counters_.requests) +
          Count("answered", counters_.answered) + Count("failed", counters_.failed) +
          Count("cancelled", counters_.cancelled) + Count("shared", counters_.shared) +
          Count("from_kept", counters_.kept) + Count("split", counters_.split) +
          Count("repeated", counters_.repeated) + Count("late", counters_.late) +
          Count("strays", counters_.strays) + Count("bad_messages", counters_.bad_messages) + "\n";
  if (upstream_ != nullptr) {
    text += "upstream " +
            (upstream_->joined() ? EscapeUnprintable(upstream_->bus_name())
                                 : "none: " + upstream_->cause()) +
            Count("services", upstream_->services.size()) +
            Count("in_hand", upstream_->in_hand.size()) + Count("served", upstream_->served) + "\n";
  }
  std::vector<std::string> names;
  for (const auto& [name, service] : services_) names.push_back(name);
  std::sort(names.begin(), names.end());
  size_t left_out = 0;
  const auto add = [&](const std::string& line) {
    text.size() + line.size() > most ? static_cast<void>(++left_out)
                                     : static_cast<void>(text += line);
  };
  for (const std::string& name : names) {
    const Service& service = *services_.at(name);
    uint64_t in_hand = 0;
    uint64_t capacity = 0;
    for (const Provider* server : service.servers) {
      in_hand += server->in_hand.size();
      capacity += server->capacity;
    }
    const auto waits = [](const JobReference& reference) {
      const Job* job = reference.get();
      return job != nullptr && job->waits;
    };
    const auto waiting = std::count_if(service.waiting.begin(), service.waiting.end(), waits);
    add("service " + EscapeUnprintable(name) + Count("servers", service.servers.size()) +
        Count("above", service.above ? 1 : 0) + Count("in_hand", in_hand) +
        Count("capacity", capacity) + Count("waiting", static_cast<uint64_t>(waiting)) + "\n");
  }
  for (const auto& [number, peer] : peers_) {
    const std::string who = std::string(RoleName(peer->role)) + " " + EscapeUnprintable(peer->name);
    if (peer->role == Role::kServer) {
      add(who + Count("in_hand", peer->in_hand.size()) + Count("capacity", peer->capacity) +
          Count("served", peer->served) + (peer->services.empty() ? " draining" : "") + "\n");
    } else {
      add(who + Count("waits_for", peer->asked.size()) + Count("outbox_bytes", peer->outbox_bytes) +
          "\n");
    }
  }
  if (left_out > 0) text += "and" + Count("lines_left_out", left_out) + "\n";
  return text;
}

}  // namespace fantail::bus
