// What those who run a program see of it: the admin port, and the service manager. A member of the
// program, with a call a turn.
//
//   admin::Admin admin_;                            // the last member: it stops first
//   ... if (absl::Status s = admin_.Start(&ready); !s.ok()) return s;
//   ... admin_.Turn(now, *this);                    // each turn of the loop
//   ... admin_.Stopping();                          // when it has been told to stop
//
// Thread: the program's; the admin port has threads of its own, which see copies only.
// Cost: a turn costs three relaxed accesses of memory and a comparison; with a service manager, a
//   message a second, or as often as its watchdog wants.
#ifndef FANTAIL_ADMIN_ADMIN_H_
#define FANTAIL_ADMIN_ADMIN_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "fantail/admin/admin_options.h"
#include "fantail/admin/http_server.h"
#include "fantail/admin/pages.h"
#include "fantail/app/common_options.h"
#include "fantail/app/notify.h"

namespace fantail::admin {

class Admin {
 public:
  // `program` as its users call it.
  Admin(std::string program, AdminOptions options, const app::CommonOptions& common);

  // Opens the admin port, if there is to be one, and adds it to the lines of the ready file.
  absl::Status Start(app::KeyValues* ready);
  // The program does its work: the first turn says that it is up. `subject` tells what is asked.
  void Turn(MonotonicTime now, const Subject& subject) {
    pages_.OnTurn(now, subject);
    if (now >= notify_at_) [[unlikely]]
      NotifyAlive(now, subject);
  }
  // It has been told to stop, and may take its time.
  void Stopping();

 private:
  void NotifyAlive(MonotonicTime now, const Subject& subject);

  const AdminOptions options_;
  Pages pages_;
  std::optional<HttpServer> server_;
  app::Notify notify_;
  MonotonicTime notify_at_ = MonotonicTime::max();  // never, where nobody listens
  std::string said_;                                // of READY and STATUS
  bool stopping_ = false;
};

}  // namespace fantail::admin

#endif  // FANTAIL_ADMIN_ADMIN_H_
