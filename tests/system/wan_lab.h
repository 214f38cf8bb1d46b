// A headquarters and a branch in network namespaces of their own, with a cable between them.
//
// Needs root and the kernel's network namespaces; its tests are skipped without.
#ifndef FANTAIL_TESTS_SYSTEM_WAN_LAB_H_
#define FANTAIL_TESTS_SYSTEM_WAN_LAB_H_

#include <unistd.h>

#include <string>
#include <vector>

#include "tests/system/lab.h"

namespace fantail::testing {

class WanLab : public Lab {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to make network namespaces";
    const bool made = Ip({"netns", "add", hq_}) && Ip({"netns", "add", branch_}) &&
                      Ip({"link", "add", hq_port_, "type", "veth", "peer", "name", branch_port_}) &&
                      Ip({"link", "set", hq_port_, "netns", hq_}) &&
                      Ip({"link", "set", branch_port_, "netns", branch_}) &&
                      Ip({"netns", "exec", hq_, "true"});
    if (!made) GTEST_SKIP() << "this machine has no network namespaces for us: " << said_;
    SetUpEnd(hq_, hq_port_, "10.77.1.1/30");
    SetUpEnd(branch_, branch_port_, "10.77.1.2/30");
  }

  void TearDown() override {
    for (Program* program : running_) program->Kill();
    // A cable goes with either of its ends, and an end with its namespace.
    for (const std::string& ns : {hq_, branch_}) Ip({"netns", "del", ns});
    Ip({"link", "del", hq_port_});
  }

  // Without offloads a counter counts what a real cable would carry.
  void SetUpEnd(const std::string& ns, const std::string& port, const std::string& address) {
    ASSERT_TRUE(Ip({"-n", ns, "link", "set", port, "gso_max_segs", "1"})) << said_;
    ASSERT_TRUE(Ip({"-n", ns, "addr", "add", address, "dev", port})) << said_;
    ASSERT_TRUE(Ip({"-n", ns, "link", "set", port, "up"})) << said_;
    ASSERT_TRUE(Ip({"-n", ns, "link", "set", "lo", "up"})) << said_;
  }

  bool Ip(Arguments arguments) {
    arguments.insert(arguments.begin(), "ip");
    Program& ip = Run(std::move(arguments));
    const bool good = ip.Wait() == 0;
    if (!good) said_ = ip.err();
    return good;
  }

  Program& In(const std::string& ns, const std::string& name, Arguments arguments) {
    arguments.insert(arguments.begin(), {"ip", "netns", "exec", ns});
    arguments.insert(arguments.end(), {"--name", name, "--ready-file", folder() / name + ".ready"});
    running_.push_back(&RunAs(name, std::move(arguments)));
    running_.back()->AwaitReady();
    return *running_.back();
  }

  Program& StartPublisher(const std::string& name, const std::string& source, Arguments more) {
    Arguments all = {PublisherPath(), "--listen", "tcp://10.77.1.1:*",
                     "--plaintext",   "--source", source};
    all.insert(all.end(), more.begin(), more.end());
    return In(hq_, name, std::move(all));
  }
  // Plain: what a feed costs then depends on nothing but its ticks.
  Program& StartGateway(const std::string& name, const Program& above,
                        const std::string& encoding = "plain") {
    return In(branch_, name,
              {GatewayPath(), "--listen", "tcp://127.0.0.1:*", "--upstream", above.endpoint(),
               "--plaintext", "--encoding", encoding});
  }
  Program& StartDesk(const std::string& name, const std::string& ns, const Program& above,
                     Arguments more) {
    Arguments all = {DeskPath(), "--connect", above.endpoint(), "--format", "csv", "--plaintext"};
    all.insert(all.end(), more.begin(), more.end());
    return In(ns, name, std::move(all));
  }

  const std::string id_ = std::to_string(getpid());
  const std::string hq_ = "ft" + id_ + "-hq";
  const std::string branch_ = "ft" + id_ + "-branch";
  const std::string hq_port_ = "fth" + id_;
  const std::string branch_port_ = "ftb" + id_;
  std::string said_;
  std::vector<Program*> running_;
};

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SYSTEM_WAN_LAB_H_
