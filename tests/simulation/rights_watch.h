// Who may see what in a world of users with rights, and whether anything else is sent to anybody.
//
// It reads each message as it is sent, as its receiver will, packed or not: every topic named in it
// or carried by it, every pattern, every word of a reason, and then the bytes once more as they
// are. A node may hand on what its user here may see of what the node itself was given by those
// above, as far as it has been told: when a session above has said what it refuses, that is known.
//
// Thread: one owner, the World's.  Ownership: keeps pointers to the world and its topics.
#ifndef FANTAIL_TESTS_SIMULATION_RIGHTS_WATCH_H_
#define FANTAIL_TESTS_SIMULATION_RIGHTS_WATCH_H_

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fantail/base/access.h"
#include "fantail/feed/interest.h"
#include "fantail/wire/decode.h"
#include "fantail/wire/packed.h"
#include "tests/simulation/world.h"

namespace fantail::simulation {

class RightsWatch {
 public:
  // `publisher`: where everything comes from.
  RightsWatch(World* world, std::string publisher, const std::vector<std::string>* topics);

  // What a node lets anybody see; nothing given: everything.
  void Allow(const std::string& node, std::vector<Pattern> allow) {
    allow_[node] = feed::Interest(std::move(allow));
  }
  // From now on. Not `known`: the node does not let that user in.
  void Give(const std::string& node, const std::string& user, std::vector<Pattern> see,
            bool known = true);
  std::shared_ptr<const Access> AccessOf(const std::string& node) const;
  // Whether the node lets the user have all of `pattern` now, if it has it.
  bool Granted(const std::string& node, const std::string& user, const Pattern& pattern) const;
  bool LetsIn(const std::string& node, const std::string& user) const;

  // With it, what is taken away must be over after so long, wherever it is on its way then: in a
  // world whose links always carry and whose nodes always answer.
  void set_grace(Nanos grace) { grace_ = grace; }

 private:
  struct Version {
    MonotonicTime since;
    feed::Interest see;
    bool known = true;
  };
  // What a session above gives to a node, as the node was told, and until lately.
  struct Told {
    feed::Interest gives;
    feed::Interest gave;
    MonotonicTime since;
  };
  // One that reads what is sent over a connection, as its client will.
  struct Reader {
    wire::Decoder plain;
    wire::PackedReader packed;
    std::map<TopicId, std::string> topics;
    // What the haves that are on their way will tell.
    std::deque<feed::Interest> telling;
  };

  // A node begins anew, with nothing.
  void Restarted(const std::string& node) { told_.erase(node); }
  const Version& Now(const std::string& node, const std::string& user) const;
  void OnSent(const Connection& link, const wire::Message& message);
  void OnDown(const Connection& link, const wire::Message& message);
  void OnUp(const Connection& link, const wire::Message& message);

  bool Allows(const std::string& node, const Pattern& pattern) const;
  // Whether a node was given that, as far as it knows.
  bool Holds(const std::string& node, const Pattern& pattern) const;
  bool HeldLately(const std::string& node, const std::string& user, std::string_view topic) const;
  bool MaySee(const Connection& link, const Pattern& pattern) const;
  // That, or it has asked for it itself.
  bool MayRead(const Connection& link, const Pattern& pattern) const;
  feed::Interest GivenTo(const Connection& link) const;

  void Check(const Connection& link, Reader* reader, const wire::AnyMessage& message);
  void CheckTopic(const Connection& link, std::string_view topic, const char* how);
  void CheckTopic(const Connection& link, const Reader& reader, TopicId id, const char* how);
  void CheckPatterns(const Connection& link, const wire::TextList& patterns, const char* how);
  void CheckText(const Connection& link, std::string_view text);
  void CheckBytes(const Connection& link, const wire::Message& message);
  void Violate(const Connection& link, const std::string& what);

  World* const world_;
  const std::string publisher_;
  const std::vector<std::string>* const topics_;
  Nanos grace_{0};                                                            // 0: none is checked
  std::map<std::string, feed::Interest> allow_;                               // by node
  std::map<std::string, std::map<std::string, std::vector<Version>>> given_;  // by node, by user
  std::map<std::string, std::map<std::string, Told>> told_;  // by node, by its line
  std::map<std::string, std::set<Pattern>> asked_;           // by user
  std::map<const Connection*, std::unique_ptr<Reader>> readers_;
};

}  // namespace fantail::simulation

#endif  // FANTAIL_TESTS_SIMULATION_RIGHTS_WATCH_H_
