// What one side of a session has been sent, to be asked about.
#ifndef FANTAIL_TESTS_UNIT_FEED_INBOX_H_
#define FANTAIL_TESTS_UNIT_FEED_INBOX_H_

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "fantail/wire/decode.h"
#include "fantail/wire/message.h"

namespace fantail::testing {

class Inbox {
 public:
  void Add(const wire::Message& message) { messages_.push_back(message); }
  void Clear() { messages_.clear(); }

  // Every message of kind M, oldest first; views of the messages kept here.
  template <class M>
  std::vector<M> All() const {
    std::vector<M> found;
    for (const wire::Message& message : messages_) {
      const wire::AnyMessage any = Decode(message);
      if (const M* m = std::get_if<M>(&any)) found.push_back(*m);
    }
    return found;
  }
  template <class M>
  size_t Count() const {
    return All<M>().size();
  }
  // The newest of kind M. Fails the test if there is none.
  template <class M>
  M Last() const {
    const std::vector<M> all = All<M>();
    if (!all.empty()) return all.back();
    ADD_FAILURE() << "no such message among: " << Kinds();
    return M();
  }

  // "welcome names batch", in the order of sending.
  std::string Kinds() const {
    std::string kinds;
    for (const wire::Message& message : messages_) {
      if (!kinds.empty()) kinds.push_back(' ');
      kinds += wire::KindName(static_cast<wire::Kind>(message.bytes()[0]));
    }
    return kinds;
  }

  // The positions of every tick that has come in batches.
  std::vector<uint64_t> Positions() const {
    std::vector<uint64_t> positions;
    for (const wire::Batch& batch : All<wire::Batch>()) {
      for (size_t i = 0; i < batch.ticks.size(); ++i) {
        positions.push_back(batch.PositionAt(i).value);
      }
    }
    return positions;
  }

  // What counts against a window: all but pong, trace, refused and goodbye.
  uint64_t CountedBytes() const {
    uint64_t bytes = 0;
    for (const wire::Message& message : messages_) bytes += Counted(message) ? message.size() : 0;
    return bytes;
  }
  uint64_t CountedMessages() const {
    uint64_t count = 0;
    for (const wire::Message& message : messages_) count += Counted(message) ? 1 : 0;
    return count;
  }

  const std::vector<wire::Message>& messages() const { return messages_; }

 private:
  static wire::AnyMessage Decode(const wire::Message& message) {
    wire::Decoder decoder;
    wire::AnyMessage any;
    EXPECT_EQ(decoder.Decode(message.bytes(), &any), wire::DecodeError::kNone) << decoder.detail();
    return any;
  }
  static bool Counted(const wire::Message& message) {
    const auto kind = static_cast<wire::Kind>(message.bytes()[0]);
    return kind != wire::Kind::kPong && kind != wire::Kind::kTrace &&
           kind != wire::Kind::kRefused && kind != wire::Kind::kGoodbye;
  }

  std::vector<wire::Message> messages_;
};

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_UNIT_FEED_INBOX_H_
