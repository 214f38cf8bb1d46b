#include "fantail/app/common_options.h"

#include <fmt/format.h>
#include <sched.h>

#include <cerrno>

#include "fantail/app/log.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/written_file.h"

namespace fantail::app {
namespace {

// A name travels in the messages of every hop and stands in status lines.
constexpr size_t kMaxName = 64;

Setter NameSetter(std::string* value) {
  return [value](const std::string& text) {
    if (text.empty()) return absl::InvalidArgumentError("empty; write a name");
    if (text.size() > kMaxName) {
      return absl::InvalidArgumentError(fmt::format("too long; write at most {} bytes", kMaxName));
    }
    for (const char c : text) {
      if (c > ' ' && c < 0x7f) continue;
      return absl::InvalidArgumentError("not plain; write letters, digits and signs, no blanks");
    }
    *value = text;
    return absl::OkStatus();
  };
}

}  // namespace

void AddCommonOptions(CommonOptions* options, CommandLine* line) {
  options->name = DefaultName();
  line->Section("Common options");
  line->Custom("--feed NAME", NameSetter(&options->feed), "the feed; another one is refused",
               options->feed);
  line->Custom("--name NAME", NameSetter(&options->name),
               "what others call this process: at most 64 letters, digits and signs",
               "host name and process id");
  line->Option("--ready-file FILE", &options->ready_file,
               "written when all is up: pid and endpoints, a line each; removed at exit");
  line->Option("--summary FILE", &options->summary_file,
               "written at exit: the counters, `key value` on a line each");
  line->Option("--keys FOLDER", &options->keys_folder,
               "made by fantail-keygen: who this is, whom it connects to, who may connect; then "
               "all is encrypted");
  line->Flag("--plaintext", &options->plaintext,
             "no encryption, open to anybody: needed for all but loopback");
  line->Flag("--background", &options->background,
             "give way to all else on this machine: for what is not urgent, such as a feed of "
             "objects beside ticks");
  line->Choice("--log-level LEVEL", &options->log_level,
               {"debug", "info", "warning", "error", "off"}, "what to log to stderr, and above");
  line->Choice("--log-format FORMAT", &options->log_format, {"text", "json"},
               "lines for people, or an object of JSON a line");
  line->Option("--status-every TIME", &options->status_every,
               "between two status lines; 0 for none");
  line->FromBranch("--plaintext", BranchPart::kPlaintext);
  line->AddFiles();
}

void AddRightsOption(CommonOptions* options, CommandLine* line) {
  line->Option("--rights FILE", &options->rights_file,
               "TOML: what each user may see, ask and serve; whoever has a key may do all if never "
               "given");
}

void AddLinesOption(std::string* lines, CommandLine* line) {
  line->Choice(
      "--lines HOW", lines, {"one", "all"},
      "of several endpoints: one, and the next when it dies; or all at once, and the first "
      "copy of every record counts");
}

absl::Status GiveWay() {
  const sched_param none{};
  if (sched_setscheduler(0, SCHED_IDLE, &none) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, "--background");
}

absl::Status StartUp(const CommonOptions& options, const CommandLine& line) {
  SetUpLog(line.program(), ParseLogLevel(options.log_level).value_or(LogLevel::kInfo),
           options.log_format == "json" ? LogFormat::kJson : LogFormat::kText);
  SeedLibcRandom();
  if (options.background) {
    if (absl::Status s = GiveWay(); !s.ok()) return s;
  }
  const absl::Status s = CheckWritable("--summary", options.summary_file);
  return s.ok() ? CheckWritable("--ready-file", options.ready_file) : s;
}

int Finish(int code, const CommonOptions& options, const KeyValues& summary,
           const CommandLine& line) {
  const absl::Status s = WriteKeyValues("--summary", options.summary_file, summary);
  return s.ok() ? code : line.Fail(s);
}

}  // namespace fantail::app
