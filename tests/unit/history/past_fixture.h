// A published feed, a history server that has it, and a bus between them and who asks, in virtual
// time.
//
// Thread: one owner.
#ifndef FANTAIL_TESTS_UNIT_HISTORY_PAST_FIXTURE_H_
#define FANTAIL_TESTS_UNIT_HISTORY_PAST_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fantail/base/random.h"
#include "fantail/bus/server.h"
#include "fantail/feed/interest.h"
#include "fantail/history/fetch.h"
#include "fantail/history/messages.h"
#include "tests/support/bus_net.h"

namespace fantail::history {

using fantail::testing::BusNet;
using std::chrono::milliseconds;
using std::chrono::seconds;

// What has been published, by epoch, position 1 first.
struct Published {
  std::map<Epoch, std::vector<wire::Record>> records;
  std::map<std::pair<Epoch, uint32_t>, uint32_t> sequences;  // by epoch and topic

  static std::string Name(TopicId id) {
    return (id.value % 2 == 0 ? "A" : "B") + std::to_string(id.value);
  }
  const wire::Record& Add(Epoch epoch, uint32_t topic) {
    std::vector<wire::Record>& all = records[epoch];
    wire::Record record{.position = {all.size() + 1}, .tick = {}};
    record.tick.topic = {topic};
    record.tick.sequence = {++sequences[{epoch, topic}]};
    record.tick.time_ns = static_cast<int64_t>(all.size());
    record.tick.kind = wire::TickKind::kTrade;
    record.tick.price = static_cast<int64_t>(Random(record.position.value).Next() % 1'000'000);
    all.push_back(record);
    return all.back();
  }
  Position head(Epoch epoch) const {
    const auto it = records.find(epoch);
    return it == records.end() ? Position{} : it->second.back().position;
  }
};

// Serves all of it that is behind `begin`, in parts of at most `part` positions.
class PastServer final : public bus::ServerEvents {
 public:
  explicit PastServer(const Published* published, std::string name)
      : published_(published), name_(std::move(name)), server_(NewServer()) {}

  bus::Server* server() { return server_.get(); }
  std::map<Epoch, Position> begin;  // of what it has; no entry: from the first position on
  std::vector<Question> questions;
  uint64_t bytes = 0;
  Position shorter{0};  // it has so many positions less than were published

 private:
  std::unique_ptr<bus::Server> NewServer() {
    return std::make_unique<bus::Server>(
        bus::MemberOptions{.name = name_, .node = {reinterpret_cast<uintptr_t>(this)}},
        std::vector<std::string>{HistoryService("ticks")}, 8, this);
  }
  void OnCall(const bus::Call& call) override {
    Question question;
    ASSERT_EQ(Decode(call.body, &question), nullptr);
    questions.push_back(question);
    std::vector<std::string>& parts = parts_[call.id];
    PartWriter writer;
    if (question.epoch.value != 0) {
      Write(question.epoch, question, &writer, &parts);
    } else {
      for (const auto& [epoch, records] : published_->records) {
        Write(epoch, question, &writer, &parts);
      }
    }
    Pour(call.id);
  }
  void Write(Epoch epoch, const Question& question, PartWriter* writer,
             std::vector<std::string>* parts) {
    Position head = published_->head(epoch);
    head.value -= std::min(head.value, shorter.value);
    if (question.through.value != 0) head = std::min(head, question.through);
    const Position first = question.epoch.value != 0 ? question.after : Position{};
    const auto lost = begin.find(epoch);
    const bool has_begin = lost != begin.end() && lost->second > first;
    const bool by_place = question.epoch.value == 0;
    writer->BeginEpoch(epoch, false, has_begin && by_place ? lost->second : first);
    if (has_begin && !by_place) {
      writer->AddLost({.from = first, .to = lost->second, .patterns = {}});
      parts->push_back(writer->Finish(writer->through()));
    }
    const feed::Interest wanted(question.patterns);
    const auto all = published_->records.find(epoch);
    if (all == published_->records.end()) {
      parts->push_back(writer->Finish(writer->through()));
      return;
    }
    for (const wire::Record& record : all->second) {
      if (record.position <= writer->through() || record.position > head) continue;
      const std::string name = Published::Name(record.tick.topic);
      if (!wanted.Matches(name)) continue;
      if (!writer->Knows(record.tick.topic)) writer->AddTopic(record.tick.topic, name);
      writer->Add(record);
      if (record.position.value % 1000 == 0) parts->push_back(writer->Finish(writer->through()));
    }
    parts->push_back(writer->Finish(std::max(head, writer->through())));
  }
  void OnCancel(uint64_t id) override { parts_.erase(id); }
  void OnRoom(uint64_t id) override { Pour(id); }
  void OnBus(bool joined, std::string_view) override {
    if (!joined) parts_.clear();
  }
  void Pour(uint64_t id) {
    const auto it = parts_.find(id);
    if (it == parts_.end()) return;
    std::vector<std::string>& parts = it->second;
    while (!parts.empty()) {
      const bus::Body body = bus::BytesOf(parts.front());
      if (!(parts.size() == 1 ? server_->Finish(id, body) : server_->Send(id, body))) return;
      bytes += body.size();
      parts.erase(parts.begin());
    }
    parts_.erase(it);
  }

  const Published* const published_;
  const std::string name_;
  std::unique_ptr<bus::Server> server_;
  std::map<uint64_t, std::vector<std::string>> parts_;  // by call, what is left
};

}  // namespace fantail::history

#endif  // FANTAIL_TESTS_UNIT_HISTORY_PAST_FIXTURE_H_
