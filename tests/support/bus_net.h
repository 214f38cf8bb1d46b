// A network of buses and their members in virtual time, for the unit tests and the simulation:
// messages take their time, connections break or fall silent, readers stop to read.
//
// Thread: one owner.
#ifndef FANTAIL_TESTS_SUPPORT_BUS_NET_H_
#define FANTAIL_TESTS_SUPPORT_BUS_NET_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fantail/bus/broker.h"

namespace fantail::testing {

class BusNet {
 public:
  class Node;

  // A member's place in the network: the connection that it has, or will have.
  class Line final : public wire::Link {
   public:
    Line(BusNet* net, bus::Member* member, Node* node) : net_(net), member_(member), node_(node) {}

    bool Send(const wire::Message& message) override {
      if (up_.size() >= kRoom) return false;
      up_.emplace_back(net_->now + delay, message);
      return true;
    }

    Nanos delay = std::chrono::milliseconds(1);
    Nanos wait = std::chrono::milliseconds(100);  // before it connects again
    bool silent = false;                          // what is sent is lost, and nobody knows
    bool deaf = false;                            // the member reads nothing
    std::string user;                             // whose key it has
    // To another bus, at the next connection.
    void Retarget(Node* node) { node_ = node; }
    Node* node() const { return node_; }
    bool connected() const { return !address_.empty(); }

    void Break(const char* why) {
      if (!connected()) return;
      node_of_address_->lines_.erase(address_);
      address_.clear();
      up_.clear();
      down_.clear();
      silent = false;
      connect_at_ = net_->now + wait;
      member_->Disconnected(why, net_->now);
    }

   private:
    friend class BusNet;
    friend class Node;
    static constexpr size_t kRoom = 200;

    BusNet* const net_;
    bus::Member* const member_;
    Node* node_;
    Node* node_of_address_ = nullptr;
    std::string address_;  // empty: not connected
    MonotonicTime connect_at_;
    std::deque<std::pair<MonotonicTime, wire::Message>> up_;
    std::deque<std::pair<MonotonicTime, wire::Message>> down_;
  };

  // A broker in its process; it may die and come back.
  class Node final : public wire::Links {
   public:
    Node(BusNet* net, bus::BrokerOptions options, bus::BrokerObserver* observer)
        : net_(net), options_(std::move(options)), observer_(observer) {
      Start();
    }
    void Start() {
      options_.node = {++net_->nodes_};
      broker = std::make_unique<bus::Broker>(options_, static_cast<wire::Links*>(this), observer_);
    }
    std::unique_ptr<bus::Broker> broker;

   private:
    friend class BusNet;
    friend class Line;
    wire::SendResult Send(std::string_view address, const wire::Message& message) override {
      const auto it = lines_.find(std::string(address));
      if (it == lines_.end()) return wire::SendResult::kPeerGone;
      Line* line = it->second;
      if (line->down_.size() >= Line::kRoom) return wire::SendResult::kWouldBlock;
      line->down_.emplace_back(net_->now + line->delay, message);
      return wire::SendResult::kSent;
    }

    BusNet* const net_;
    bus::BrokerOptions options_;
    bus::BrokerObserver* const observer_;
    std::map<std::string, Line*> lines_;  // by address
    bool heard_ = false;                  // something came in this step
  };

  // A broker; connect its upstream with Connect(node->broker->upstream(), above).
  Node* AddNode(bus::BrokerOptions options) {
    nodes_list_.push_back(std::make_unique<Node>(this, std::move(options), &observer_));
    return nodes_list_.back().get();
  }
  Line* Connect(bus::Member* member, Node* node) {
    lines_.push_back(std::make_unique<Line>(this, member, node));
    lines_.back()->connect_at_ = now;
    return lines_.back().get();
  }
  // The member is gone, as if its process had been killed.
  void Remove(Line* line) {
    if (line->connected()) line->node_of_address_->lines_.erase(line->address_);
    std::erase_if(lines_, [&](const auto& one) { return one.get() == line; });
  }
  // The broker is gone, and all that it knew.
  void Kill(Node* node) {
    for (const auto& line : lines_) {
      if (line->node_of_address_ == node) line->Break("the connection was lost");
    }
    node->broker.reset();
  }

  void Run(Nanos span) {
    for (const MonotonicTime end = now + span; now < end;) Step();
  }

  // A millisecond.
  void Step() {
    now += std::chrono::milliseconds(1);
    for (size_t i = 0; i < lines_.size(); ++i) {
      Line* line = lines_[i].get();
      if (!line->connected() && now >= line->connect_at_ && line->node_->broker != nullptr)
        Open(line);
      Deliver(line);
    }
    for (const auto& node : nodes_list_) {
      if (node->heard_ && node->broker != nullptr) node->broker->Turn(now);
      node->heard_ = false;
    }
    const bool tick = now.time_since_epoch().count() % 10'000'000 == 0;
    if (!tick) return;
    for (const auto& node : nodes_list_) {
      if (node->broker != nullptr) node->broker->Turn(now);
    }
    for (size_t i = 0; i < lines_.size(); ++i) lines_[i]->member_->Turn(now);
  }

  MonotonicTime now{std::chrono::seconds(1000)};

 private:
  void Open(Line* line) {
    line->address_ = "c" + std::to_string(++connections_);
    line->node_of_address_ = line->node_;
    line->node_->lines_[line->address_] = line;
    line->member_->Connecting("sim", now);
    line->member_->Connected(line, "sim", now);
  }

  void Deliver(Line* line) {
    while (line->connected() && !line->up_.empty() && line->up_.front().first <= now) {
      wire::Message message = std::move(line->up_.front().second);
      line->up_.pop_front();
      if (!line->silent) {
        line->node_of_address_->heard_ = true;
        line->node_of_address_->broker->Receive(line->address_, std::move(message), now,
                                                line->user);
      }
    }
    while (line->connected() && !line->deaf && !line->down_.empty() &&
           line->down_.front().first <= now) {
      const wire::Message message = std::move(line->down_.front().second);
      line->down_.pop_front();
      if (!line->silent) line->member_->Receive(message.bytes(), now);
      for (const auto& node : nodes_list_) {
        if (node->broker != nullptr && node->broker->upstream() == line->member_)
          node->heard_ = true;
      }
    }
    if (line->connected() && line->member_->drop()) {
      line->Break("dropped");
      line->connect_at_ = now + line->wait;
    }
  }

  bus::BrokerObserver observer_;
  std::vector<std::unique_ptr<Node>> nodes_list_;
  std::vector<std::unique_ptr<Line>> lines_;
  uint64_t nodes_ = 1000;
  uint64_t connections_ = 0;
};

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SUPPORT_BUS_NET_H_
