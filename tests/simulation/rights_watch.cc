#include "tests/simulation/rights_watch.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace fantail::simulation {
namespace {

// A node that was told that it may have less ends its sessions in its next turn, at the latest.
constexpr Nanos kOneTurn = std::chrono::milliseconds(50);

bool IsLastOfHave(const wire::AnyMessage& message) {
  const auto* have = std::get_if<wire::Have>(&message);
  return have != nullptr && !have->more;
}

bool ShutsOut(const wire::AnyMessage& message) {
  const auto* refused = std::get_if<wire::Refused>(&message);
  return refused != nullptr && refused->code == wire::RefusedCode::kNoRights;
}

}  // namespace

RightsWatch::RightsWatch(World* world, std::string publisher,
                         const std::vector<std::string>* topics)
    : world_(world), publisher_(std::move(publisher)), topics_(topics) {
  world_->rights = [this](const std::string& node) {
    Restarted(node);
    return AccessOf(node);
  };
  world_->on_sent = [this](const Connection& link, const wire::Message& m) { OnSent(link, m); };
  world_->on_down = [this](const Connection& link, const wire::Message& m) { OnDown(link, m); };
  world_->on_up = [this](const Connection& link, const wire::Message& m) { OnUp(link, m); };
}

void RightsWatch::Give(const std::string& node, const std::string& user, std::vector<Pattern> see,
                       bool known) {
  given_[node][user].push_back({world_->now(), feed::Interest(std::move(see)), known});
}

std::shared_ptr<const Access> RightsWatch::AccessOf(const std::string& node) const {
  auto access = std::make_shared<Access>();
  const auto found = given_.find(node);
  if (found == given_.end()) return access;
  for (const auto& [user, versions] : found->second) {
    if (versions.back().known) access->users[user] = {.see = versions.back().see.patterns()};
  }
  return access;
}

const RightsWatch::Version& RightsWatch::Now(const std::string& node,
                                             const std::string& user) const {
  return given_.at(node).at(user).back();
}

bool RightsWatch::LetsIn(const std::string& node, const std::string& user) const {
  return Now(node, user).known;
}

bool RightsWatch::Allows(const std::string& node, const Pattern& pattern) const {
  const auto it = allow_.find(node);
  return it == allow_.end() || it->second.empty() || it->second.Covers(pattern);
}

bool RightsWatch::Granted(const std::string& node, const std::string& user,
                          const Pattern& pattern) const {
  const Version& now = Now(node, user);
  return now.known && now.see.Covers(pattern) && Allows(node, pattern);
}

// -------------------------------------------------------------------------------------------------
// What a node knows of its own rights.

feed::Interest RightsWatch::GivenTo(const Connection& link) const {
  const std::string& node = link.server->name();
  const Version& now = Now(node, UserOf(*link.client));
  std::vector<Pattern> gives = now.known ? now.see.patterns() : std::vector<Pattern>();
  const auto allow = allow_.find(node);
  if (allow != allow_.end() && !allow->second.empty()) {
    gives = Common(gives, allow->second.patterns());
  }
  if (node == publisher_) return feed::Interest(std::move(gives));
  std::vector<Pattern> has;
  if (const auto told = told_.find(node); told != told_.end()) {
    for (const auto& [line, one] : told->second) {
      has.insert(has.end(), one.gives.patterns().begin(), one.gives.patterns().end());
    }
  }
  return feed::Interest(Common(gives, has));
}

void RightsWatch::OnDown(const Connection& link, const wire::Message& message) {
  wire::Decoder decoder;
  wire::AnyMessage any;
  if (decoder.Decode(message.bytes(), &any) != wire::DecodeError::kNone) return;
  if (!IsLastOfHave(any) && !ShutsOut(any)) return;
  Reader& reader = *readers_.at(&link);
  Told& told = told_[UserOf(*link.client)][link.client->name()];
  told.gave = std::exchange(told.gives, std::move(reader.telling.front()));
  told.since = world_->now();
  reader.telling.pop_front();
}

void RightsWatch::OnUp(const Connection& link, const wire::Message& message) {
  wire::Decoder decoder;
  wire::AnyMessage any;
  if (decoder.Decode(message.bytes(), &any) != wire::DecodeError::kNone) return;
  const auto* want = std::get_if<wire::Want>(&any);
  if (want == nullptr) return;
  for (const std::string_view text : want->add) asked_[UserOf(*link.client)].emplace(text);
}

bool RightsWatch::Holds(const std::string& node, const Pattern& pattern) const {
  if (node == publisher_) return true;
  const auto told = told_.find(node);
  if (told == told_.end()) return false;
  return std::any_of(told->second.begin(), told->second.end(), [&](const auto& entry) {
    const Told& one = entry.second;
    return one.gives.Covers(pattern) ||
           (world_->now() - one.since <= kOneTurn && one.gave.Covers(pattern));
  });
}

bool RightsWatch::MaySee(const Connection& link, const Pattern& pattern) const {
  const std::string& node = link.server->name();
  return Granted(node, UserOf(*link.client), pattern) && Holds(node, pattern);
}

bool RightsWatch::MayRead(const Connection& link, const Pattern& pattern) const {
  if (MaySee(link, pattern)) return true;
  const auto asked = asked_.find(UserOf(*link.client));
  return asked != asked_.end() && asked->second.contains(pattern);
}

// Whether that user had the topic at some time in the last grace_, at each hop.
bool RightsWatch::HeldLately(const std::string& node, const std::string& user,
                             std::string_view topic) const {
  const std::vector<Version>& versions = given_.at(node).at(user);
  bool lately = false;
  for (size_t i = 0; i < versions.size() && !lately; ++i) {
    const bool was = i + 1 == versions.size() || world_->now() - versions[i + 1].since <= grace_;
    lately = was && versions[i].known && versions[i].see.Matches(topic);
  }
  if (!lately || node == publisher_) return lately;
  return HeldLately(world_->Find(node)->home, node, topic);
}

// -------------------------------------------------------------------------------------------------
// What is sent.

void RightsWatch::OnSent(const Connection& link, const wire::Message& message) {
  std::unique_ptr<Reader>& reader = readers_[&link];
  if (reader == nullptr) reader = std::make_unique<Reader>();
  CheckBytes(link, message);
  const bool packed = static_cast<wire::Kind>(message.bytes()[0]) == wire::Kind::kPacked;
  wire::AnyMessage any;
  const wire::DecodeError error = packed ? reader->packed.Decode(message.bytes(), &any)
                                         : reader->plain.Decode(message.bytes(), &any);
  if (error != wire::DecodeError::kNone) return Violate(link, "what makes no sense");
  if (std::holds_alternative<wire::Welcome>(any)) {
    reader->packed.Reset();
    reader->topics.clear();
  }
  if (IsLastOfHave(any)) reader->telling.push_back(GivenTo(link));
  if (ShutsOut(any)) reader->telling.emplace_back();
  Check(link, reader.get(), any);
}

void RightsWatch::Check(const Connection& link, Reader* reader, const wire::AnyMessage& message) {
  if (const auto* names = std::get_if<wire::Names>(&message)) {
    auto id = names->topics.begin();
    for (const std::string_view topic : names->topic_texts) {
      reader->topics[*id++] = topic;
      CheckTopic(link, topic, "the name of");
    }
  } else if (const auto* batch = std::get_if<wire::Batch>(&message)) {
    for (const wire::Tick& tick : batch->ticks)
      CheckTopic(link, *reader, tick.topic, "a record of");
  } else if (const auto* records = std::get_if<wire::PackedBatch>(&message)) {
    for (const wire::Record& one : records->records) {
      CheckTopic(link, *reader, one.tick.topic, "a record of");
    }
  } else if (const auto* image = std::get_if<wire::Image>(&message)) {
    for (const wire::TopicHead& head : image->heads) {
      CheckTopic(link, *reader, head.topic, "an image of");
    }
  } else if (const auto* gap = std::get_if<wire::Gap>(&message)) {
    CheckPatterns(link, gap->patterns, "a gap of");
  } else if (const auto* have = std::get_if<wire::Have>(&message)) {
    CheckPatterns(link, have->refused, "a refusal of");
    CheckText(link, have->reason);
  } else if (const auto* refused = std::get_if<wire::Refused>(&message)) {
    CheckText(link, refused->reason);
  } else if (const auto* goodbye = std::get_if<wire::Goodbye>(&message)) {
    CheckText(link, goodbye->reason);
  } else if (const auto* pong = std::get_if<wire::Pong>(&message)) {
    CheckText(link, pong->cause);
  }
}

void RightsWatch::CheckTopic(const Connection& link, const Reader& reader, TopicId id,
                             const char* how) {
  const auto topic = reader.topics.find(id);
  if (topic == reader.topics.end()) return Violate(link, how + std::string(" a topic of no name"));
  CheckTopic(link, topic->second, how);
}

void RightsWatch::CheckTopic(const Connection& link, std::string_view topic, const char* how) {
  if (!MaySee(link, Pattern(topic))) Violate(link, how + (" " + std::string(topic)));
  if (grace_ == Nanos{0} || HeldLately(link.server->name(), UserOf(*link.client), topic)) return;
  Violate(link, how + (" " + std::string(topic)) + ", for longer than it may");
}

void RightsWatch::CheckPatterns(const Connection& link, const wire::TextList& patterns,
                                const char* how) {
  for (const std::string_view text : patterns) {
    if (!MayRead(link, Pattern(text))) Violate(link, how + (" " + std::string(text)));
  }
}

// No word of it is a pattern that its reader may not know.
void RightsWatch::CheckText(const Connection& link, std::string_view text) {
  const auto is_end = [](char c) { return c == ' ' || c == ',' || c == ':'; };
  for (auto from = text.begin(); from != text.end();) {
    const auto to = std::find_if(from, text.end(), is_end);
    const std::string_view word(from, to);
    const bool topic = std::find(topics_->begin(), topics_->end(), word) != topics_->end();
    if ((topic || word.ends_with('*')) && !MayRead(link, Pattern(word))) {
      Violate(link, "a reason that names " + std::string(word));
    }
    from = to == text.end() ? to : to + 1;
  }
}

void RightsWatch::CheckBytes(const Connection& link, const wire::Message& message) {
  const std::string_view bytes(reinterpret_cast<const char*>(message.bytes().data()),
                               message.size());
  for (const std::string& topic : *topics_) {
    if (bytes.find(topic) == bytes.npos || MayRead(link, Pattern(topic))) continue;
    Violate(link, "bytes with the name of " + topic);
  }
}

void RightsWatch::Violate(const Connection& link, const std::string& what) {
  world_->Violate(link.server->name() + " sends " + link.client->name() + " " + what +
                  ", which it may not see");
}

}  // namespace fantail::simulation
