#include "fantail/app/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <map>

namespace fantail::app {
namespace {

// A service manager's end of the socket, at a path or an abstract name.
class Manager {
 public:
  explicit Manager(const std::string& name) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const size_t length = offsetof(sockaddr_un, sun_path) + name.size() + (name[0] == '/' ? 1 : 0);
    unlink(name.c_str());
    const auto* bound = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(bind(fd_, bound, static_cast<socklen_t>(length)), 0) << name;
  }
  ~Manager() { close(fd_); }

  // The next message; empty if there is none.
  std::string Next() {
    char text[4096];
    const ssize_t size = recv(fd_, text, sizeof text, 0);
    return size < 0 ? "" : std::string(text, static_cast<size_t>(size));
  }

 private:
  const int fd_;
};

Notify With(const std::map<std::string, std::string>& variables, int process = 4711) {
  return Notify(
      [&](const char* name) {
        const auto it = variables.find(name);
        return it == variables.end() ? nullptr : it->second.c_str();
      },
      process);
}

TEST(NotifyTest, SendsToAPathAndToAnAbstractName) {
  for (const std::string& name :
       {::testing::TempDir() + "notify.sock",
        std::string("@") + std::to_string(getpid()) + "/fantail/notify"}) {
    Manager manager(name);
    Notify notify = With({{"NOTIFY_SOCKET", name}});
    ASSERT_TRUE(notify.listens()) << name;
    notify.Send("READY=1\nSTATUS=live\n");
    EXPECT_EQ(manager.Next(), "READY=1\nSTATUS=live\n");
    EXPECT_EQ(manager.Next(), "");
  }
}

TEST(NotifyTest, TellsNobodyWhereNobodyListens) {
  EXPECT_FALSE(With({}).listens());
  for (const std::string& name : {std::string(""), std::string("/"), std::string("relative"),
                                  std::string("/no/such/socket"), "/" + std::string(200, 'x')}) {
    Notify notify = With({{"NOTIFY_SOCKET", name}});
    EXPECT_FALSE(notify.listens()) << name;
    notify.Send("READY=1\n");
  }
}

TEST(NotifyTest, OutlivesItsManager) {
  const std::string name = ::testing::TempDir() + "gone.sock";
  std::optional<Manager> manager(name);
  Notify notify = With({{"NOTIFY_SOCKET", name}});
  manager.reset();
  notify.Send("READY=1\n");
  EXPECT_TRUE(notify.listens());
}

TEST(NotifyTest, NeverWaitsForAManagerThatDoesNotRead) {
  const std::string name = ::testing::TempDir() + "full.sock";
  Manager manager(name);
  Notify notify = With({{"NOTIFY_SOCKET", name}});
  for (int i = 0; i < 10'000; ++i) notify.Send("WATCHDOG=1\n");
  EXPECT_EQ(manager.Next(), "WATCHDOG=1\n");
}

TEST(NotifyTest, KnowsTheWatchdogOfThisProcessOnly) {
  EXPECT_EQ(With({{"WATCHDOG_USEC", "3000000"}}).watchdog(), std::chrono::seconds(3));
  EXPECT_EQ(With({{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "4711"}}).watchdog(),
            std::chrono::seconds(3));
  EXPECT_EQ(With({{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "1"}}).watchdog(), Nanos{0});
  EXPECT_EQ(With({{"WATCHDOG_USEC", "soon"}}).watchdog(), Nanos{0});
  EXPECT_EQ(With({}).watchdog(), Nanos{0});
}

}  // namespace
}  // namespace fantail::app
