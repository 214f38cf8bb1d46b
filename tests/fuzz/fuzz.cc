// Runs a target without libFuzzer: with any compiler, and to have again what a fuzzer found.
//
//   fantail-fuzz --list                       the targets
//   fantail-fuzz TARGET --write FOLDER        its corpus, for libFuzzer to begin with
//   fantail-fuzz TARGET [FILE|FOLDER...]      the corpus, or these inputs
//   fantail-fuzz TARGET --runs N [--seed S] [--first N]     N changed inputs besides
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "tests/fuzz/runner.h"

namespace fantail::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr int kUsage = 64;
constexpr int kInputOutput = 74;

struct Arguments {
  std::string target;
  std::string write;
  uint64_t runs = 0;
  uint64_t seed = 1;
  uint64_t first = 0;
  std::vector<std::string> paths;
};

int Usage(const std::string& what) {
  std::fprintf(stderr,
               "fantail-fuzz: %s; write fantail-fuzz TARGET [--runs N] [FILE...], or --list\n",
               what.c_str());
  return kUsage;
}

// Nothing, with *wrong, if they make no sense.
std::optional<Arguments> Parse(const std::vector<std::string>& texts, std::string* wrong) {
  Arguments arguments;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string& text = texts[i];
    if (!text.starts_with("--")) {
      (arguments.target.empty() ? arguments.target : arguments.paths.emplace_back()) = text;
      continue;
    }
    uint64_t* const number = text == "--runs"    ? &arguments.runs
                             : text == "--seed"  ? &arguments.seed
                             : text == "--first" ? &arguments.first
                                                 : nullptr;
    if (number == nullptr && text != "--write") {
      *wrong = text + ": no such option";
      return std::nullopt;
    }
    if (++i == texts.size()) {
      *wrong = text + ": no value";
      return std::nullopt;
    }
    if (number != nullptr) {
      *number = std::strtoull(texts[i].c_str(), nullptr, 10);
    } else {
      arguments.write = texts[i];
    }
  }
  return arguments;
}

int Write(const Target& target, const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  size_t number = 0;
  for (const Bytes& bytes : target.corpus()) {
    const std::string path = folder + "/" + target.name + "-" + std::to_string(number++);
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
    if (out.flush()) continue;
    std::fprintf(stderr, "fantail-fuzz: --write \"%s\": cannot be written; name another folder\n",
                 path.c_str());
    return kInputOutput;
  }
  return 0;
}

std::vector<std::string> FilesOf(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(path)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

int RunFiles(const std::vector<std::string>& paths, Runner* runner) {
  for (const std::string& path : FilesOf(paths)) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!in) {
      std::fprintf(stderr, "fantail-fuzz: \"%s\": cannot be read; name another\n", path.c_str());
      return kInputOutput;
    }
    const auto bytes = std::as_bytes(std::span(text));
    runner->RunInput({bytes.begin(), bytes.end()}, path.c_str());
  }
  return 0;
}

int Main(const std::vector<std::string>& texts) {
  if (texts.size() == 1 && texts[0] == "--list") {
    for (const Target& target : Targets()) std::printf("%-14s %s\n", target.name, target.what);
    return 0;
  }
  std::string wrong;
  const auto arguments = Parse(texts, &wrong);
  if (!arguments) return Usage(wrong);
  const Target* const target = FindTarget(arguments->target);
  if (target == nullptr) return Usage("\"" + arguments->target + "\": no such target");
  if (!arguments->write.empty()) return Write(*target, arguments->write);
  Runner runner(*target);
  if (!arguments->paths.empty()) {
    if (const int status = RunFiles(arguments->paths, &runner); status != 0) return status;
  } else {
    runner.RunCorpus();
  }
  for (uint64_t i = 0; i < arguments->runs; ++i) {
    runner.RunChanged(arguments->seed, arguments->first + i);
  }
  std::printf("%s: %llu runs, the slowest %.1f ms\n", target->name,
              static_cast<unsigned long long>(runner.runs()),
              static_cast<double>(runner.slowest().count()) / 1e6);
  return 0;
}

}  // namespace
}  // namespace fantail::fuzz

int main(int argc, char** argv) {
  return fantail::fuzz::Main({argv + 1, argv + argc});
}
