// The options of a program that can be looked at: `--admin`, and what is asked of one that runs.
//
// Thread: main.
#ifndef FANTAIL_ADMIN_ADMIN_OPTIONS_H_
#define FANTAIL_ADMIN_ADMIN_OPTIONS_H_

#include "absl/status/status.h"
#include "fantail/admin/prometheus_text.h"
#include "fantail/app/endpoint.h"
#include "fantail/app/options.h"

namespace fantail::admin {

struct AdminOptions {
  app::Endpoint listen;  // no host: no admin port
};

// Declares --admin, --check-health, --check-ready and --list-metrics, under a title of their own.
// `metrics`: those that the program tells; the admin adds its own. REQUIRES: `options` outlives
// `line`.
void AddAdminOptions(AdminOptions* options, MetricList metrics, app::CommandLine* line);

// HTTP knows no keys: beyond loopback it wants --plaintext.
absl::Status CheckAdmin(const AdminOptions& options, bool plaintext);

}  // namespace fantail::admin

#endif  // FANTAIL_ADMIN_ADMIN_OPTIONS_H_
