#include "runs.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <saddle/core/number_text.hpp>

namespace evidence {
namespace {

// What ends a line: without it the program was stopped while it wrote.
constexpr char const* whole_line = "\t.";

std::string exact(double v) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, v).ptr};
}
double number(std::string const& text, std::filesystem::path const& path) {
  double v = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (error != std::errc{} || end != text.data() + text.size())
    throw std::runtime_error(path.string() + ": \"" + text + "\" is not a number");
  return v;
}

}  // namespace

runs::runs(options const& o, std::string const& name)
    : o_(o),
      path_(o.out / (name + ".runs")),
      end_(o.minutes > 0 ? clock::now() + std::chrono::minutes(o.minutes) : clock::time_point::max()) {
  if (o_.quick || !std::filesystem::exists(path_)) return;
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);) {
    if (!line.ends_with(whole_line)) continue;
    std::size_t const tab = line.find('\t');
    std::istringstream rest(line.substr(tab, line.size() - std::strlen(whole_line) - tab));
    std::vector<double> numbers;
    for (std::string word; rest >> word;) numbers.push_back(number(word, path_));
    if (numbers.empty()) throw std::runtime_error(path_.string() + ": a run has no time: " + line);
    all_.insert_or_assign(line.substr(0, tab), one{numbers[0], {numbers.begin() + 1, numbers.end()}});
  }
  if (file.bad()) throw std::runtime_error("cannot read " + path_.string() + ": " + std::strerror(errno));
}

runs::one const* runs::find(std::string const& key) const {
  if (auto const known = all_.find(key); known != all_.end()) return &known->second;
  if ((cells_ > 0 && (cells_ - 1) % o_.parts != o_.part - 1) || clock::now() >= end_) throw unfinished{};
  return nullptr;
}

std::vector<double> runs::keep(std::string const& key, one run) {
  if (key.find_first_of("\t\n") != key.npos) throw std::invalid_argument("runs: a key is one line without tabs: " + key);
  if (!o_.quick) {
    // One write, and a line's end before it, in case that a line was torn: parts may write at the same time.
    std::string line = "\n" + key + "\t" + exact(run.seconds);
    for (double const v : run.numbers) line.append(" ").append(exact(v));
    line.append(whole_line).append("\n");
    std::ofstream file(path_, std::ios::app);
    file.write(line.data(), static_cast<std::streamsize>(line.size())).flush();
    if (!file) throw std::runtime_error("cannot write " + path_.string() + ": " + std::strerror(errno));
  }
  return all_.insert_or_assign(key, std::move(run)).first->second.numbers;
}

int runs::conclude(claims const& all) const {
  double seconds = 0;
  for (auto const& [key, run] : all_) seconds += run.seconds;
  std::cout << "\n" << all_.size() << " runs, " << saddle::fixed_text(seconds / 60, 1) << " minutes\n";
  if (missing_ == 0) return all.conclude();
  std::cout << "unfinished: " << missing_ << " of " << cells_ << " cells lack runs; the same command, or that of the other "
            << "parts, goes on from there\n";
  return 3;
}

}  // namespace evidence
