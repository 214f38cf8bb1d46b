// Whoever talks nonsense to a bus, answers for others or reads no more has a clear outcome, and
// nobody else notices.
#include <csignal>
#include <fstream>
#include <random>
#include <zmq.hpp>

#include "fantail/bus/messages.h"
#include "tests/system/bus_lab.h"

namespace fantail::testing {
namespace {

// A member that speaks ZMTP well, and whatever it likes inside.
class RawMember {
 public:
  explicit RawMember(const std::string& bus) : socket_(context_, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 10'000);
    // What it does not read stays with the bus.
    socket_.set(zmq::sockopt::rcvhwm, 1);
    socket_.set(zmq::sockopt::rcvbuf, 4096);
    socket_.connect(bus);
  }
  void Send(std::string_view bytes, bool more = false) {
    socket_.send(zmq::buffer(bytes), more ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
  void Send(const wire::Message& message) { Send(bus::TextOf(message.bytes())); }
  void Join(bus::Role role) {
    Send(bus::Encode(bus::Join{.name = "mallory", .node = {4711}, .role = role}));
    EXPECT_TRUE(Await<bus::Joined>());
  }
  // The next message of this kind, past any other; its bytes stay here.
  template <class M>
  std::optional<M> Await() {
    while (socket_.recv(frame_)) {
      const auto bytes = std::as_bytes(std::span(frame_.data<char>(), frame_.size()));
      if (decoder_.Decode(bytes, &message_) != wire::DecodeError::kNone) return std::nullopt;
      if (const M* found = std::get_if<M>(&message_)) return *found;
    }
    return std::nullopt;
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
  zmq::message_t frame_;
  bus::Decoder decoder_;
  bus::AnyMessage message_;
};

class HostileBusTest : public BusLab {
 protected:
  HostileBusTest() : bus_(&Bus()) {
    Server(bus_->endpoint());
    AwaitService(bus_->endpoint());
  }
  // Two honest clients ask this often, and do `also` from time to time; every answer is theirs.
  void ExpectUndisturbed(
      const std::function<void()>& also = [] {}, uint64_t requests = 3000) {
    Asker one(bus_->endpoint(), "one");
    Asker two(bus_->endpoint(), "two");
    const double begin = Now();
    for (uint64_t asked = 0; asked < requests || one.open() + two.open() > 0;) {
      one.Turn();
      two.Turn();
      if (asked < requests && one.open() + two.open() < 20) {
        if (asked % 20 == 0) also();
        (asked++ % 2 == 0 ? one : two).Ask(/*idempotent=*/true);
      }
      ASSERT_LT(Now() - begin, 60) << bus_->err();
    }
    EXPECT_EQ(one.wrong + two.wrong, 0u);
    EXPECT_EQ(one.outcomes["answered"] + two.outcomes["answered"], requests);
    one.Close();
    two.Close();
    EXPECT_EQ(bus_->err().find("server shouter is gone"), std::string::npos) << bus_->err();
  }
  // Of the bus, resident.
  size_t MemoryKilobytes() const {
    std::ifstream status("/proc/" + std::to_string(bus_->process().pid()) + "/status");
    for (std::string word; status >> word;) {
      if (word == "VmRSS:") {
        size_t kilobytes = 0;
        status >> kilobytes;
        return kilobytes;
      }
    }
    return 0;
  }

  Program* const bus_;
};

TEST_F(HostileBusTest, AMemberThatTalksNonsenseIsRefusedWithAReasonAndNamed) {
  RawMember member(bus_->endpoint());
  member.Join(bus::Role::kClient);
  const wire::Message good =
      bus::Encode(bus::Request{.id = 1, .service = "shout", .budget_ns = 1'000'000'000});
  std::string damaged(bus::TextOf(good.bytes()));
  damaged[20] = static_cast<char>(damaged[20] ^ 1);
  member.Send(damaged);
  const auto refused = member.Await<bus::Refused>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, bus::RefusedCode::kProtocol);
  EXPECT_TRUE(bus_->Said("a bad message from mallory")) << bus_->err();

  std::mt19937 random(9);
  RawMember stranger(bus_->endpoint());
  ExpectUndisturbed([&] {
    std::string noise(random() % 500, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    stranger.Send(noise, /*more=*/random() % 4 == 0);
  });
}

TEST_F(HostileBusTest, AMessageOf100MBCutsItsSenderOff) {
  const size_t before = MemoryKilobytes();
  RawMember member(bus_->endpoint());
  member.Join(bus::Role::kClient);
  member.Send(std::string(100 << 20, 'x'));
  ExpectUndisturbed();
  EXPECT_LT(MemoryKilobytes(), before + 32 * 1024);
}

TEST_F(HostileBusTest, AServerThatAnswersForOthersReachesNobody) {
  RawMember member(bus_->endpoint());
  member.Join(bus::Role::kServer);
  wire::TextListBuilder services;
  services.Add("whisper");
  member.Send(bus::Encode(bus::Offer{.services = services.list(), .capacity = 1}));
  uint64_t id = 0;
  ExpectUndisturbed([&] {
    for (int i = 0; i < 60; ++i) {
      member.Send(bus::Encode(bus::Answer{.id = ++id, .body = bus::BytesOf("stolen")}));
    }
  });
}

TEST_F(HostileBusTest, AClientThatReadsNoMoreCostsABoundedAmountOfMemory) {
  const size_t before = MemoryKilobytes();
  RawMember member(bus_->endpoint());
  member.Join(bus::Role::kClient);
  const std::string body(bus::kMaxBodyBytes, 'x');
  uint64_t id = 0;
  ExpectUndisturbed([&] {
    for (int i = 0; i < 20; ++i) {
      member.Send(bus::Encode(bus::Request{.id = ++id,
                                           .service = "shout",
                                           .budget_ns = 60'000'000'000,
                                           .window_bytes = bus::kMaxWindowBytes,
                                           .body = bus::BytesOf(body)}));
    }
  });
  // 180 MB of answers are wanted, and none is read.
  const size_t grown = MemoryKilobytes() - before;
  std::printf("the bus has grown by %zu kB\n", grown);
  EXPECT_LT(grown, 160 * 1024) << bus_->err();
}

}  // namespace
}  // namespace fantail::testing
