// Headquarters, a branch, a desk and a stranger, each with keys of its own; and clients that do not
// belong.
//
// Thread: one owner, the test's.
#ifndef FANTAIL_TESTS_SYSTEM_KEY_LAB_H_
#define FANTAIL_TESTS_SYSTEM_KEY_LAB_H_

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <zmq.hpp>

#include "fantail/net/key_folder.h"
#include "fantail/wire/encode.h"
#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"

namespace fantail::testing {

inline constexpr Seconds kWithin{5};  // what is taken away is gone

inline std::string PortOf(const std::string& endpoint) {
  return endpoint.substr(endpoint.rfind(':') + 1);
}

// A plain TCP connection.
class TcpClient {
 public:
  explicit TcpClient(const std::string& endpoint) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(std::stoi(PortOf(endpoint))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~TcpClient() { close(fd_); }
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  void Send(std::string_view bytes) { (void)!send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Whether the other side hangs up; what it had to say before is in `heard`.
  bool IsCut(Seconds patience) {
    return Eventually(
        [&] {
          char block[256];
          const ssize_t n = recv(fd_, block, sizeof block, MSG_DONTWAIT);
          if (n > 0) heard.append(block, static_cast<size_t>(n));
          return n == 0 || (n < 0 && errno != EAGAIN);
        },
        patience);
  }
  std::string heard;

 private:
  int fd_;
};

// A client of any socket type, with keys or without.
class ZmqClient {
 public:
  ZmqClient(zmq::socket_type type, const std::string& endpoint, const Keys* own,
            const std::string& node_key)
      : socket_(context_, type) {
    socket_.set(zmq::sockopt::linger, 0);
    if (own != nullptr) {
      socket_.set(zmq::sockopt::curve_publickey, own->own.key);
      socket_.set(zmq::sockopt::curve_secretkey, own->secret);
      socket_.set(zmq::sockopt::curve_serverkey, node_key);
    }
    if (type == zmq::socket_type::sub) socket_.set(zmq::sockopt::subscribe, "");
    socket_.connect(endpoint);
  }
  void Send(const wire::Message& message) {
    socket_.send(zmq::const_buffer(message.bytes().data(), message.size()),
                 zmq::send_flags::dontwait);
  }
  // Whether anything comes.
  bool Hears(Seconds patience) {
    socket_.set(zmq::sockopt::rcvtimeo,
                static_cast<int>(std::chrono::duration<double, std::milli>(patience).count()));
    zmq::message_t frame;
    return socket_.recv(frame).has_value();
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

inline wire::Message Hello(uint64_t node) {
  return wire::Encode(wire::Hello{.feed = "ticks", .name = "mallory", .node = {node}});
}

class KeyLab : public Lab {
 protected:
  void SetUp() override {
    for (const char* name : {"hq", "branch", "desk", "stranger"}) MakeKeys(name);
    LetIn("branch", "hq");
    LetIn("desk", "branch");
  }

  std::string Folder(const std::string& name) { return folder() / name; }
  void MakeKeys(const std::string& name) {
    EXPECT_EQ(Run({KEYGEN, "--keys", Folder(name), name}).Wait(), 0);
  }
  std::string PublicOf(const std::string& name) { return Folder(name) + "/" + name + ".public"; }
  std::string ClientFile(const std::string& client, const std::string& node) {
    return Folder(node) + "/clients/" + client + ".public";
  }
  // What an operator copies: the client knows the node, and the node the client.
  void LetIn(const std::string& client, const std::string& node) {
    std::filesystem::copy_file(PublicOf(client), ClientFile(client, node));
    Know(client, node);
  }
  void Know(const std::string& client, const std::string& node) {
    std::filesystem::copy_file(PublicOf(node), Folder(client) + "/nodes/" + node + ".public");
  }
  // Of the folder with other files in nodes.
  std::shared_ptr<const Keys> KeysOf(const std::string& name) {
    auto keys = net::ReadKeys(Folder(name));
    EXPECT_TRUE(keys.ok()) << keys.status();
    return keys.ok() ? *keys : nullptr;
  }

  // A live replay of so many milliseconds to a desk that is there when the first tick comes.
  void StartBranch(size_t rows) {
    input_ = MadeUpTicks(rows, 12);
    WriteFile(folder() / "ticks.csv", input_);
    publisher_ = &Publisher("csv:" + (folder() / "ticks.csv"),
                            {"--wait-for", "*", "--keys", Folder("hq"), "--keep-open"});
    gateway_ = &Gateway(*publisher_, {"--keys", Folder("branch")});
  }
  Program& StartDesk() { return Desk(*gateway_, {"--keys", Folder("desk"), "--until-end"}); }
  void ExpectAll(Program& desk) {
    EXPECT_EQ(desk.Wait(), 0) << desk.err();
    EXPECT_TRUE(SameText(desk.out(), input_));
  }

  std::string input_;
  Program* publisher_ = nullptr;
  Program* gateway_ = nullptr;
};

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SYSTEM_KEY_LAB_H_
