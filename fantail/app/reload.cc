#include "fantail/app/reload.h"

#include "fantail/app/log.h"

namespace fantail::app {

void Reload::Run() const {
  if (parts_.empty()) LogInfo("SIGHUP: there is nothing to read again");
  for (const Part& part : parts_) {
    const absl::Status status = part.read();
    if (status.ok()) {
      LogInfo("SIGHUP: {} has been read again", part.what);
    } else {
      LogError("SIGHUP: {} stays as it was: {}", part.what, std::string(status.message()));
    }
  }
}

}  // namespace fantail::app
