#include "tests/system/lab.h"

#include <algorithm>

namespace fantail::testing {
namespace {

Arguments Join(Arguments first, const Arguments& then) {
  first.insert(first.end(), then.begin(), then.end());
  return first;
}

bool Matches(std::string_view symbol, std::string_view pattern) {
  if (!pattern.ends_with('*')) return symbol == pattern;
  return symbol.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

const char* const kHeader = "ts_ns,symbol,kind,price,size,bid,bid_size,ask,ask_size,venue\n";

std::string PublisherPath() {
  return FANTAIL_PUBLISHER;
}
std::string ReplayPath() {
  return FANTAIL_REPLAY;
}
std::string GatewayPath() {
  return FANTAIL_GATEWAY;
}
std::string DeskPath() {
  return FANTAIL_DESK;
}
std::string RecordPath() {
  return FANTAIL_RECORD;
}
std::string TapePath() {
  return FANTAIL_TAPE;
}
std::string HistoryPath() {
  return FANTAIL_HISTORY;
}

std::string BusPath() {
  return FANTAIL_BUS;
}

Program::Program(const TempFolder& folder, const std::string& name, Arguments arguments,
                 const std::string& in)
    : ready_(folder / name + ".ready"),
      out_(folder / name + ".out"),
      err_(folder / name + ".err"),
      process_(std::move(arguments), {.in = in, .out = out_, .err = err_}) {}

bool Program::AwaitReady(Seconds patience) {
  const bool ready =
      Eventually([this] { return FileSize(ready_) > 0 || !process_.Runs(); }, patience) &&
      FileSize(ready_) > 0;
  EXPECT_TRUE(ready) << "not ready; it said:\n" << err();
  return ready;
}

std::string Program::ready_line(const std::string& key) const {
  const std::string text = "\n" + ReadFile(ready_);
  const size_t at = text.find("\n" + key + " ");
  if (at == std::string::npos) return "";
  const size_t begin = at + key.size() + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

bool Program::Said(std::string_view text, Seconds patience) {
  return Eventually([&] { return err().find(text) != std::string::npos; }, patience);
}

Program& Lab::Start(const std::string& kind, Arguments arguments, bool await) {
  const std::string name = kind + std::to_string(++started_);
  arguments =
      Join(std::move(arguments), {"--name", name, "--ready-file", folder_ / name + ".ready"});
  programs_.push_back(std::make_unique<Program>(folder_, name, std::move(arguments)));
  if (await) programs_.back()->AwaitReady();
  return *programs_.back();
}

Program& Lab::Publisher(const std::string& source, Arguments arguments) {
  Arguments all = {PublisherPath(), "--listen", "tcp://127.0.0.1:*", "--source", source};
  return Start("publisher", Join(std::move(all), arguments), true);
}

Program& Lab::Replay(const std::vector<std::string>& tapes, Arguments arguments) {
  const Arguments all = {ReplayPath(), "--listen", "tcp://127.0.0.1:*"};
  return Start("replay", Join(Join(all, tapes), arguments), true);
}

Program& Lab::GatewayAt(const std::string& listen, const Program& above, Arguments arguments) {
  return GatewayAt(listen, above.endpoint(), std::move(arguments));
}

Program& Lab::GatewayAt(const std::string& listen, const std::string& upstream,
                        Arguments arguments) {
  Arguments all = {GatewayPath(), "--listen", listen, "--upstream", upstream};
  return Start("gateway", Join(std::move(all), arguments), true);
}

Program& Lab::GatewayVia(const std::string& upstream, Arguments arguments) {
  return GatewayAt("tcp://127.0.0.1:*", upstream, std::move(arguments));
}

Program& Lab::DeskVia(const std::string& upstream, Arguments arguments) {
  Arguments all = {DeskPath(), "--connect", upstream, "--format", "csv"};
  return Start("desk", Join(std::move(all), arguments), false);
}

Program& Lab::Bus(const std::string& upstream) {
  return BusAt("tcp://127.0.0.1:*", upstream);
}

Program& Lab::BusAt(const std::string& listen, const std::string& upstream) {
  Arguments all = {BusPath(), "run", "--listen", listen};
  if (!upstream.empty()) all = Join(std::move(all), {"--upstream", upstream});
  return Start("bus", std::move(all), true);
}

Program& Lab::History(const Program& bus, const Arguments& tapes) {
  return Start("history", Join({HistoryPath(), "--connect", bus.endpoint()}, tapes), true);
}

Program& Lab::Gateway(const Program& above, Arguments arguments) {
  return GatewayAt("tcp://127.0.0.1:*", above, std::move(arguments));
}

Program& Lab::Desk(const Program& above, Arguments arguments) {
  return DeskVia(above.endpoint(), std::move(arguments));
}

Program& Lab::LiveDesk(const Program& above, Arguments arguments) {
  Program& desk = Desk(above, std::move(arguments));
  desk.AwaitReady();
  return desk;
}

Program& Lab::Run(Arguments arguments, const std::string& in) {
  return RunAs("run" + std::to_string(++started_), std::move(arguments), in);
}

Program& Lab::RunAs(const std::string& name, Arguments arguments, const std::string& in) {
  programs_.push_back(std::make_unique<Program>(folder_, name, std::move(arguments), in));
  return *programs_.back();
}

Arguments EveryLetter(Arguments behind) {
  for (char c = 'A'; c <= 'Z'; ++c) behind.push_back(std::string(1, c) + "*");
  return behind;
}

std::string_view SymbolOf(std::string_view row) {
  const size_t begin = row.find(',') + 1;
  return row.substr(begin, row.find(',', begin) - begin);
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1);
    lines.push_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string Filtered(std::string_view csv, const std::vector<std::string>& patterns) {
  std::string kept = kHeader;
  for (const std::string_view row : LinesOf(csv)) {
    if (row == kHeader) continue;
    const std::string_view symbol = SymbolOf(row);
    const auto matches = [&](const std::string& pattern) { return Matches(symbol, pattern); };
    if (std::any_of(patterns.begin(), patterns.end(), matches)) kept += row;
  }
  return kept;
}

std::map<std::string, Rows> BySymbol(std::string_view csv) {
  std::map<std::string, Rows> rows;
  for (const std::string_view row : LinesOf(csv)) {
    if (row != kHeader) rows[std::string(SymbolOf(row))].push_back(row);
  }
  return rows;
}

::testing::AssertionResult SameText(std::string_view got, std::string_view wanted) {
  if (got == wanted) return ::testing::AssertionSuccess();
  const auto [at, ignored] = std::mismatch(got.begin(), got.end(), wanted.begin(), wanted.end());
  const size_t offset = static_cast<size_t>(at - got.begin());
  const auto line = 1 + std::count(got.begin(), at, '\n');
  const size_t begin = got.rfind('\n', offset == 0 ? 0 : offset - 1) + 1;
  const auto around = [&](std::string_view text) {
    return std::string(text.substr(std::min(begin, text.size()), 160));
  };
  return ::testing::AssertionFailure()
         << "they differ from line " << line << " on (" << LinesOf(got).size()
         << " lines instead of " << LinesOf(wanted).size() << ")\ngot:    " << around(got)
         << "\nwanted: " << around(wanted);
}

}  // namespace fantail::testing
