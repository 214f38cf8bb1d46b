// Keys, loopback, or --plaintext in so many words: what every program demands of where it listens
// and connects; and what it does when its keys are to be read again.
//
// Thread: main's.
// Errors: FailedPrecondition in one line: which option or file, what is wrong, the remedy.
#ifndef FANTAIL_APP_KEY_OPTIONS_H_
#define FANTAIL_APP_KEY_OPTIONS_H_

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fantail/app/common_options.h"
#include "fantail/app/endpoint.h"
#include "fantail/app/log.h"
#include "fantail/app/reload.h"
#include "fantail/base/keys.h"
#include "fantail/base/time.h"

namespace fantail::app {

// The keys of a folder. net::ReadKeys is one.
using KeyReader =
    std::function<absl::StatusOr<std::shared_ptr<const Keys>>(const std::string& folder)>;

// An option that says where a program listens or connects.
struct Place {
  Place(EndpointUse for_use, std::string_view name, const Endpoint& endpoint)
      : use(for_use), option(name), endpoints({endpoint}) {}
  Place(EndpointUse for_use, std::string_view name, std::vector<Endpoint> all)
      : use(for_use), option(name), endpoints(std::move(all)) {}

  EndpointUse use;
  std::string_view option;
  std::vector<Endpoint> endpoints;
};

// Reads the keys, if there are to be any, into `options`: then a key must be known for each node
// that is connected to, and somebody must be let in where it listens. Without keys nothing may lead
// beyond loopback, unless the options say --plaintext. Reads the rights, too, which want keys.
absl::Status SecurePlaces(CommonOptions* options, const KeyReader& read,
                          std::initializer_list<Place> places);

// Whether a session may move to an endpoint that a node above has named: a numeric address; with
// keys, of a node whose key is known; without, loopback only unless --plaintext.
std::function<bool(const std::string& endpoint)> AllowMoves(const CommonOptions& options);

// If there are keys, has SIGHUP read them again: `take` gets what there is now. A secret that has
// changed takes a restart.
void ReloadKeys(Reload* reload, const CommonOptions& options, const KeyReader& read,
                std::function<void(const std::shared_ptr<const Keys>&)> take);

// The same of the rights.
void ReloadRights(Reload* reload, const CommonOptions& options,
                  std::function<void(std::shared_ptr<const Access>)> take);

// Says which keys were refused. One owner.
class KeyLog {
 public:
  void Report(const RefusedKeys& refused, MonotonicTime now);

 private:
  LimitedLog refused_;
};

}  // namespace fantail::app

#endif  // FANTAIL_APP_KEY_OPTIONS_H_
