#include "tools/fantail-replay/keys.h"

#include <optional>

namespace fantail::replay {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr char kEscape = '\x1b';

Command SeekBy(Nanos by) {
  return {.kind = Command::Kind::kSeekBy, .by = by};
}

std::optional<Command> OfCharacter(char c) {
  if (c >= '0' && c <= '9')
    return Command{.kind = Command::Kind::kSeekShare, .share = (c - '0') / 10.0};
  switch (c) {
    case ' ':
      return Command{Command::Kind::kTogglePause};
    case '.':
    case 's':
      return Command{Command::Kind::kStep};
    case '+':
    case '=':  // the same key without shift
      return Command{Command::Kind::kFaster};
    case '-':
      return Command{Command::Kind::kSlower};
    case '?':
      return Command{Command::Kind::kHelp};
    case 'q':
      return Command{Command::Kind::kQuit};
    default:
      return std::nullopt;
  }
}

// Of a whole sequence: ESC [ or ESC O, parameters, a letter. `;2` is shift.
std::optional<Command> OfSequence(std::string_view sequence) {
  const bool shift = sequence.find(";2") != std::string_view::npos;
  const Nanos side = shift ? Nanos(minutes(1)) : Nanos(seconds(10));
  switch (sequence.back()) {
    case 'A':
      return SeekBy(minutes(1));
    case 'B':
      return SeekBy(-minutes(1));
    case 'C':
      return SeekBy(side);
    case 'D':
      return SeekBy(-side);
    default:
      return std::nullopt;
  }
}

bool IsWhole(std::string_view sequence) {
  if (sequence.size() < 2) return false;
  if (sequence[1] != '[' && sequence[1] != 'O') return true;
  return sequence.size() > 2 && sequence.back() >= 0x40 && sequence.back() <= 0x7e;
}

}  // namespace

const char* const kKeyHelp =
    "keys: space pause, go on   . or s one tick   + - faster, slower   left right 10 s back, "
    "forward\n"
    "      down up (or shift) 1 min   0 ... 9 to 0 % ... 90 %   q quit   ? this";

std::vector<Command> KeyReader::Read(std::string_view bytes) {
  std::vector<Command> commands;
  const auto add = [&](const std::optional<Command>& command) {
    if (command) commands.push_back(*command);
  };
  for (const char c : bytes) {
    if (c == kEscape) {
      escape_ = c;
    } else if (escape_.empty()) {
      add(OfCharacter(c));
    } else {
      escape_ += c;
      // An Escape by itself, and then another key.
      if (escape_.size() == 2 && c != '[' && c != 'O') {
        escape_.clear();
        add(OfCharacter(c));
      } else if (IsWhole(escape_)) {
        add(OfSequence(escape_));
        escape_.clear();
      }
    }
  }
  return commands;
}

}  // namespace fantail::replay
