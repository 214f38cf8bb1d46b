// What a broker says of itself to a person.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fantail/base/printable.h"
#include "fantail/bus/upstream.h"

namespace fantail::bus {
namespace {

std::string Count(const char* name, uint64_t n) {
  return std::string(" ") + name + "=" + std::to_string(n);
}

}  // namespace

std::vector<ServiceStatus> Broker::Services() const {
  std::vector<ServiceStatus> all;
  for (const auto& [name, service] : services_) {
    ServiceStatus status{.name = name, .servers = service->servers.size(), .above = service->above};
    for (const Provider* server : service->servers) {
      status.in_hand += server->in_hand.size();
      status.capacity += server->capacity;
    }
    const auto waits = [](const JobReference& reference) {
      const Job* job = reference.get();
      return job != nullptr && job->waits;
    };
    status.waiting = static_cast<uint64_t>(
        std::count_if(service->waiting.begin(), service->waiting.end(), waits));
    all.push_back(std::move(status));
  }
  std::sort(all.begin(), all.end(),
            [](const ServiceStatus& a, const ServiceStatus& b) { return a.name < b.name; });
  return all;
}

std::string Broker::Status() const {
  // A status is one part of an answer; what does not fit is counted.
  const size_t most = kMaxBodyBytes - 1024;
  std::string text = "bus " + EscapeUnprintable(options_.name) + Count("members", peers_.size()) +
                     Count("in_hand", in_hand()) + Count("waiting", waiting_) +
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
  size_t left_out = 0;
  const auto add = [&](const std::string& line) {
    text.size() + line.size() > most ? static_cast<void>(++left_out)
                                     : static_cast<void>(text += line);
  };
  for (const ServiceStatus& service : Services()) {
    add("service " + EscapeUnprintable(service.name) + Count("servers", service.servers) +
        Count("above", service.above ? 1 : 0) + Count("in_hand", service.in_hand) +
        Count("capacity", service.capacity) + Count("waiting", service.waiting) + "\n");
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
