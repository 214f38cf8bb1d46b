#include "fantail/node/port.h"

#include <fmt/format.h>

#include <utility>

#include "fantail/net/key_folder.h"

namespace fantail::node {

void AddListenOption(PortOptions* options, std::string_view who, app::CommandLine* line) {
  app::EndpointOption(
      "--listen ENDPOINT", app::EndpointUse::kListen, &options->listen,
      fmt::format("where {} connect, tcp://HOST:PORT; port * lets the kernel pick", who), line);
  line->Require("--listen");
}

void AddAccessOptions(PortOptions* options, app::CommonOptions* common, app::CommandLine* line) {
  line->Section("Who may have what");
  app::AddRightsOption(common, line);
  app::AddAccessLogOption(&options->access_log, line);
  app::AddMemoryOption(&options->memory, line);
}

Port::Port(const PortOptions& options, const app::CommonOptions& common)
    : options_(options),
      common_(common),
      limits_(app::ProcessLimitsOf(options.memory)),
      context_(common.keys),
      router_(&context_),
      access_log_(options.access_log, common.name) {}

absl::StatusOr<std::string> Port::Open(Served* served) {
  served_ = served;
  app::ReloadKeys(&reload_, common_, net::ReadKeys, [this](const auto& keys) {
    context_.SetKeys(keys);
    served_->ReviewUsers([&](std::string_view user) { return keys->IsUser(user); });
  });
  app::ReloadRights(&reload_, common_,
                    [this](auto access) { served_->SetAccess(std::move(access)); });
  served_->SetAccess(common_.access);
  if (absl::Status s = access_log_.Open(&reload_); !s.ok()) return s;
  guard_.emplace(limits_, app::ProcessGuard::Actions{
                              .shed = [this] { return served_->ShedMemory(); },
                              .refuse = [this](auto why) { served_->RefuseMore(std::move(why)); },
                              .open = [this](bool open) { router_.SetAccepting(open); }});
  absl::StatusOr<std::string> bound = router_.Bind(options_.listen.text());
  if (!bound.ok()) return app::CannotListen("--listen", options_.listen, bound.status());
  return bound;
}

bool Port::Turn(MonotonicTime now, const net::Poller& poller, int most) {
  key_log_.Report(context_.TakeRefused(), now);
  access_log_.Report(now);
  guard_->Turn(now);
  if (!poller.Readable(&router_.socket())) return false;
  return router_.Receive(
      [&](const net::SessionRouter::From& from, wire::Message message) {
        served_->Receive(from, std::move(message), now);
      },
      most);
}

void Port::AddTo(net::Poller* poller) {
  poller->Add(&router_.socket(), router_.has());
}

void Port::Tell(admin::Report* report) const {
  report->Add(app::kGuardMetrics, guard_->counters());
  report->Add(net::kZapMetrics, context_.handshakes());
  report->Add(app::kAccessLost, static_cast<double>(access_log_.lost()));
}

}  // namespace fantail::node
