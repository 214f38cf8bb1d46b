#include "tests/system/made_up_ticks.h"

#include <array>
#include <random>

#include "tests/system/lab.h"

namespace fantail::testing {
namespace {

// mt19937 gives the same numbers everywhere; the standard's distributions do not.
class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

  // `whole` with up to `places` decimals behind it and no zero at the end.
  std::string Number(uint64_t whole, size_t places) {
    std::string text = std::to_string(Below(whole) + 1);
    const size_t decimals = Below(places + 1);
    if (decimals == 0) return text;
    text += '.';
    for (size_t i = 1; i < decimals; ++i) text += static_cast<char>('0' + Below(10));
    return text + static_cast<char>('1' + Below(9));
  }

 private:
  std::mt19937_64 random_;
};

std::string Side(Chance* chance) {
  if (chance->OneIn(8)) return ",";
  const size_t decimals = chance->OneIn(20) ? 13 : 2;
  return chance->Number(900, chance->OneIn(20) ? 10 : 4) + "," + chance->Number(900, decimals);
}

}  // namespace

std::string MadeUpTicks(size_t rows, unsigned seed) {
  const std::array<std::string, 10> symbols = {"AAPL",
                                               "AMZN",
                                               "AIG",
                                               "B",
                                               "BAC",
                                               "BRK.B",
                                               "B" + std::string(62, 'x') + "Z",
                                               "MSFT",
                                               "Zürich",
                                               "1000SHIB-PERPETUAL"};
  const std::array<std::string, 5> venues = {"N", "Q", "N/Q", "", "a venue of some length"};
  const std::array<std::string, 4> words = {"open", "halt", "resume", "close"};
  Chance chance(seed);
  uint64_t time = 1381239000000000000;
  std::string csv = kHeader;
  for (size_t i = 0; i < rows; ++i) {
    if (chance.OneIn(2)) time += chance.Below(4'000'000);
    csv += std::to_string(time) + "," + symbols[chance.Below(symbols.size())] + ",";
    if (chance.OneIn(50)) {
      csv += words[chance.Below(words.size())] + ",,,,,,,";
    } else if (chance.OneIn(2)) {
      csv += "trade," + chance.Number(900, 10) + "," + chance.Number(100000, 13) + ",,,,,";
    } else {
      csv += "quote,,," + Side(&chance) + "," + Side(&chance) + ",";
    }
    csv += venues[chance.Below(venues.size())] + "\n";
  }
  return csv;
}

}  // namespace fantail::testing
