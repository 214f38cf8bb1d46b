#include "tests/simulation/end_checks.h"

#include <string>
#include <utility>
#include <vector>

namespace fantail::simulation {

void CheckDeskAtEnd(World* world, const SimDesk& desk, feed::State expected, bool gaps) {
  const auto violate = [&](const std::string& what) {
    world->Violate(desk.name() + " at the end: " + what);
  };
  const feed::FeedState& state = desk.client().state();
  if (!desk.patterns().empty() && state.state != expected) {
    violate(std::string("it is ") + feed::StateName(state.state) + ": " + state.cause);
  }
  if (!desk.Converged()) violate("its image is not the publisher's");
  const feed::Interest wanted(desk.patterns());
  if (!wanted.empty() && !(desk.client().complete() == wanted)) {
    violate("it has " + feed::DescribePatterns(desk.client().complete().patterns()) +
            " and wants " + feed::DescribePatterns(desk.patterns()));
  }
  if (!desk.patterns().empty() && desk.client().counters().proofs == 0) {
    violate("no proof has come");
  }
  if (!gaps && desk.gaps() > 0) violate("it was told of a gap where everything is held");
}

void CheckNodeAtEnd(World* world, Node* node) {
  if (node->server() == nullptr) return;
  const auto violate = [&](const std::string& what) {
    world->Violate(node->name() + " at the end: " + what);
  };
  std::vector<Pattern> wanted;
  size_t clients = 0;
  world->ForEachNode([&](Node* below) {
    if (below->upstream != node->name()) return;
    ++clients;
    // Of a desk, what it wants: one that wants nothing asks for nothing.
    const auto* line = dynamic_cast<const SimLine*>(below);
    const auto* desk = dynamic_cast<const SimDesk*>(line != nullptr ? line->owner() : below);
    const auto& has = desk ? desk->patterns() : below->client()->complete().patterns();
    wanted.insert(wanted.end(), has.begin(), has.end());
  });
  if (node->server()->session_count() != clients) {
    violate("it has " + std::to_string(node->server()->session_count()) + " sessions of " +
            std::to_string(clients));
  }
  if (node->client() == nullptr) return;
  const feed::Interest cover(std::move(wanted));
  if (!(node->client()->complete() == cover)) {
    violate("its cover is " + feed::DescribePatterns(node->client()->complete().patterns()) +
            " and those below want " + feed::DescribePatterns(cover.patterns()));
  }
}

}  // namespace fantail::simulation
