#include "fantail/app/key_options.h"

#include <fmt/format.h>

#include <utility>

#include "fantail/app/access_file.h"
#include "fantail/app/session_log.h"

namespace fantail::app {
namespace {

absl::Status CheckWithKeys(const CommonOptions& options, const Place& place) {
  if (place.use == EndpointUse::kListen) {
    if (!options.keys->clients.empty()) return absl::OkStatus();
    return absl::FailedPreconditionError(
        fmt::format("--keys \"{0}\": nobody may connect to {1}; put the .public files of who may "
                    "into {0}/clients",
                    options.keys_folder, place.option));
  }
  for (const Endpoint& endpoint : place.endpoints) {
    if (options.keys->NodeAt(endpoint.text()) != nullptr) continue;
    return absl::FailedPreconditionError(
        fmt::format("{} \"{}\": there is no key for it in {}/nodes; put the .public file of the "
                    "node there, with a line `at {}` if there are several",
                    place.option, endpoint.text(), options.keys_folder, endpoint.host));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SecurePlaces(CommonOptions* options, const KeyReader& read,
                          std::initializer_list<Place> places) {
  if (!options->rights_file.empty()) {
    if (options->keys_folder.empty()) {
      return absl::FailedPreconditionError(
          "--rights: without keys nobody is anybody; give --keys FOLDER too");
    }
    absl::StatusOr<std::shared_ptr<const Access>> access = ReadAccess(options->rights_file);
    if (!access.ok()) return About("--rights", access.status());
    options->access = *std::move(access);
  }
  if (options->keys_folder.empty()) {
    for (const Place& place : places) {
      absl::Status s = CheckPlaintext(place.option, place.endpoints, options->plaintext);
      if (!s.ok()) return s;
    }
    return absl::OkStatus();
  }
  if (options->plaintext) {
    return absl::FailedPreconditionError(
        "--plaintext: with --keys nothing is plain; leave one of them out");
  }
  absl::StatusOr<std::shared_ptr<const Keys>> keys = read(options->keys_folder);
  if (!keys.ok()) return About("--keys", keys.status());
  options->keys = *std::move(keys);
  for (const Place& place : places) {
    if (absl::Status s = CheckWithKeys(*options, place); !s.ok()) return s;
  }
  return absl::OkStatus();
}

std::function<bool(const std::string&)> AllowMoves(const CommonOptions& options) {
  // It says whether the text is good; with keys a machine of any address may be moved to.
  return [good = AllowMoves(options.plaintext || options.keys != nullptr),
          keys = options.keys](const std::string& text) {
    return good(text) && (keys == nullptr || keys->NodeAt(text) != nullptr);
  };
}

void ReloadKeys(Reload* reload, const CommonOptions& options, const KeyReader& read,
                std::function<void(const std::shared_ptr<const Keys>&)> take) {
  if (options.keys == nullptr) return;
  reload->Add("--keys", [folder = options.keys_folder, secret = options.keys->secret, read,
                         take = std::move(take)] {
    absl::StatusOr<std::shared_ptr<const Keys>> keys = read(folder);
    if (!keys.ok()) return keys.status();
    if ((*keys)->secret != secret) {
      return absl::FailedPreconditionError("the secret has changed, which takes a restart");
    }
    take(*keys);
    return absl::OkStatus();
  });
}

void ReloadRights(Reload* reload, const CommonOptions& options,
                  std::function<void(std::shared_ptr<const Access>)> take) {
  if (options.access == nullptr) return;
  reload->Add("--rights", [file = options.rights_file, take = std::move(take)] {
    absl::StatusOr<std::shared_ptr<const Access>> access = ReadAccess(file);
    if (access.ok()) take(*std::move(access));
    return access.status();
  });
}

void KeyLog::Report(const RefusedKeys& refused, MonotonicTime now) {
  if (refused.count == 0) return;
  refused_.Warn(
      now, "refused {} connections, the newest from {} with {}", refused.count,
      Harmless(refused.address),
      refused.key.empty() ? "no key" : "the key " + refused.key + ", which is not in clients");
}

}  // namespace fantail::app
