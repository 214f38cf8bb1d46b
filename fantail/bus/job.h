// A request inside a broker: who asked, who has it in hand, and what has come of the answer. For
// broker*.cc alone.
#ifndef FANTAIL_BUS_JOB_H_
#define FANTAIL_BUS_JOB_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "fantail/base/ids.h"
#include "fantail/base/time.h"
#include "fantail/bus/messages.h"

namespace fantail::bus {

struct Job;
struct Peer;

// Who can be handed requests: a server, or the bus above.
struct Provider {
  Peer* peer = nullptr;  // null: the bus above
  std::vector<std::string> services;
  uint32_t capacity = 0;
  std::vector<Job*> in_hand;  // each knows its place in it
  uint64_t handed_at = 0;     // the newest call: of two that are equally loaded, the other is next
  uint64_t served = 0;
};

// A member, by its connection.
struct Peer : Provider {
  uint64_t number = 0;  // in the order in which they joined
  std::string address;
  std::string name;
  std::string user;  // whose key it came with; empty if there are no keys
  NodeId node;
  Role role = Role::kClient;
  MonotonicTime heard_at;
  MonotonicTime pinged_at;
  bool gone = false;
  absl::flat_hash_map<uint64_t, Job*> asked;  // without an outcome, by the peer's own ids
  size_t asked_bytes = 0;                     // of their bodies
  std::vector<wire::Message> outbox;          // of this turn, or what it does not take
  size_t outbox_bytes = 0;
  bool blocked = false;  // it takes nothing at the moment
};

// One who waits for the answer of a job.
struct Asker {
  Peer* peer = nullptr;
  uint64_t id = 0;  // the peer's own
  MonotonicTime deadline;
  uint32_t window = 0;
  uint64_t room = 0;  // for bytes of parts
  uint64_t sent = 0;  // of them, in this attempt
  uint32_t attempt = 1;
  uint32_t next_part = 0;
};

// What a new job begins with anew.
struct JobState {
  uint64_t number = 0;  // 0: over
  bool idempotent = false;
  uint8_t hops = 0;

  // When the time of its first asker is up, or before: of Deadlines.
  bool has_due = false;
  MonotonicTime due;
  uint64_t due_tick = 0;
  size_t due_place = 0;

  // Where it is.
  Provider* provider = nullptr;
  size_t in_hand_place = 0;
  uint64_t call = 0;    // its id there
  bool handed = false;  // to anybody, ever
  bool waits = false;   // for a server with a free hand
  uint32_t source_attempt = 1;
  uint32_t window = 0;   // that it began with
  uint64_t granted = 0;  // bytes that it may send in this attempt, in all

  // The answer: see Job::parts.
  uint32_t first_part = 0;
  size_t held_bytes = 0;
  bool whole = false;
  bool joinable = false;  // it has a key, and all parts from the first are there
  bool is_kept = false;   // for who asks the same next, until `kept_until`
  MonotonicTime kept_until;
};

struct Job : JobState {
  std::string service;
  std::string key;
  std::string body;
  std::optional<std::string> may_see;  // texts: who asks may see no more; nothing: whatever it is
  absl::InlinedVector<Asker, 1> askers;
  // From `first_part` on, until all askers have them, and longer if others may still join.
  absl::InlinedVector<std::string, 1> parts;

  uint32_t next_part() const { return first_part + static_cast<uint32_t>(parts.size()); }
};

}  // namespace fantail::bus

#endif  // FANTAIL_BUS_JOB_H_
